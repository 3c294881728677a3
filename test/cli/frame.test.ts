import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEntry } from '../../src/cli/command.ts';
import { commandsByPath } from '../../src/cli/command-map.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { ELSEWHERE } from '../../src/cli/output-format.ts';
import { VERSION } from '../../src/version.ts';
import { runCli } from '../helpers/fake-io.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { ON_NODE } from '../helpers/program-under-test.ts';

/** With those below the names of others; not those that only our completion scripts type (completion.test.ts). */
async function everyCommand(
  entries: readonly CommandEntry[] = COMMANDS,
  above: readonly string[] = [],
): Promise<{ words: readonly string[]; load: CommandEntry['load'] }[]> {
  const all = await Promise.all(
    entries.map(async ({ name, load, verbs, hidden }) => {
      if (hidden) return [];
      const words = [...above, name];
      return [{ words, load }, ...(await everyCommand((await verbs?.()) ?? [], words))];
    }),
  );
  return all.flat();
}

test('--version prints one line', async () => {
  for (const flag of ['--version', '-V']) {
    assert.deepEqual(await runCli([flag]), { code: 0, stdout: `heddle-ts ${VERSION}\n`, stderr: '' });
  }
});

test('--version for programs is a document', async () => {
  for (const argv of [
    ['--version', '-o', 'json'],
    ['-V', '--json'],
  ]) {
    const { code, stdout } = await runCli(argv);
    assert.equal(code, 0);
    assertKeepsSchema('version', JSON.parse(stdout));
    assert.equal(JSON.parse(stdout).version, VERSION);
  }
  const { stdout } = await runCli(['--version'], { env: { HEDDLE_OUTPUT: 'json' } });
  assert.equal(JSON.parse(stdout).version, VERSION);
});

test('-v --version names the runtime and the client', async () => {
  const runtime = ON_NODE ? `node ${process.versions.node}` : 'bun \\d[\\d.]+, which is like node \\d[\\d.]+';
  const { code, stdout } = await runCli(['-v', '--version']);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^heddle-ts ${VERSION}\n${runtime}\n@nats-io/transport-node 3\\.\\d+\\.\\d+\n$`));
});

test('--help lists every command with its summary', async () => {
  const { code, stdout, stderr } = await runCli(['--help']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  for (const { name, summary } of COMMANDS) {
    assert.ok(stdout.includes(name), `${name} in the help`);
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(summary), `${summary} in the help`);
  }
});

test('no arguments: the help on stderr, and exit 2 so that a script with an empty variable stops', async () => {
  for (const argv of [[], ['--']]) {
    const { code, stdout, stderr } = await runCli(argv);
    assert.equal(code, EXIT.usage);
    assert.equal(stdout, '');
    assert.match(stderr, /Usage: heddle-ts <command>/);
  }
});

test('every command explains itself with at least two real examples', async () => {
  for (const { words, load } of await everyCommand()) {
    const name = words.join(' ');
    const { code, stdout } = await runCli([...words, '--help']);
    assert.equal(code, 0);
    assert.equal((await runCli(['help', ...words])).stdout, stdout, `help ${name} is ${name} --help`);
    if (load === undefined) continue;
    const spec = await load();
    assert.ok(spec.examples.length >= 2, `${name} has ${spec.examples.length} examples`);
    for (const [example] of spec.examples) assert.ok(stdout.includes(example), `${name} --help shows: ${example}`);
  }
});

const WRONG: readonly { argv: string[]; says: RegExp; hint: RegExp }[] = [
  {
    argv: ['compeltion'],
    says: /unknown command "compeltion"/,
    hint: /Did you mean "completion"\? See 'heddle-ts --help'/,
  },
  { argv: ['HELP'], says: /unknown command "HELP"/, hint: /Did you mean "help"\?/ },
  { argv: ['zzzzzzzz'], says: /unknown command "zzzzzzzz"/, hint: /hint: See 'heddle-ts --help'/ },
  { argv: [''], says: /unknown command ""/, hint: /heddle-ts --help/ },
  { argv: ['__proto__'], says: /unknown command "__proto__"/, hint: /heddle-ts --help/ },
  { argv: ['help', '--outptu', 'json'], says: /unknown option "--outptu"/, hint: /Did you mean "--output"\?/ },
  { argv: ['help', '--outptu=json'], says: /unknown option "--outptu=json"/, hint: /Did you mean "--output"\?/ },
  { argv: ['help', '-Q'], says: /help: unknown option "-Q"/, hint: /Did you mean "-q"\?/ },
  { argv: ['help', '-z'], says: /help: unknown option "-z"/, hint: /hint: See 'heddle-ts help --help'/ },
  { argv: ['help', '--a\nb (c)'], says: /unknown option "--a\\nb \(c\)"/, hint: /hint: See 'heddle-ts help --help'/ },
  { argv: ['-v'], says: /unknown option "-v"/, hint: /Did you mean "-V"\?/ },
  { argv: ['--vesion'], says: /unknown option "--vesion"/, hint: /Did you mean "--version"\?/ },
  { argv: ['--output', 'human', 'help'], says: /unknown option "--output" before the command/, hint: /after it/ },
  { argv: ['--output=human', 'help'], says: /"--output=human" before the command/, hint: /heddle-ts help \[options\]/ },
  { argv: ['help', '-o', 'xml'], says: /xml/, hint: /help --help/ },
  { argv: ['help', '-o'], says: /argument missing/, hint: /help --help/ },
  { argv: ['help', 'one', 'two'], says: /too many arguments/, hint: /help --help/ },
  { argv: ['completion'], says: /missing required argument 'shell'/, hint: /completion --help/ },
  { argv: ['completion', 'tcsh'], says: /no completion for "tcsh"/, hint: /bash, zsh, fish/ },
  { argv: ['tail', '-o', 'ndjsn'], says: /Allowed choices/, hint: /Did you mean "ndjson"\?/ },
  { argv: ['completion', 'bash', '-o', 'xml'], says: /xml/, hint: /There is one only, human: leave the flag out/ },
  {
    argv: ['submit', 'echo', 'text=hello there'],
    says: /too many arguments/,
    hint: /A key of the payload is given with its flag: --set 'text=hello there'/,
  },
  {
    argv: ['submit', 'echo', '--payload', 'task.json'],
    says: /--payload: "task\.json" is no JSON object/,
    hint: /put an @ before its name: --payload @task\.json/,
  },
  { argv: ['tail', '--since', 'yesterday'], says: /neither a duration nor a time/, hint: /2026-04-29T12:00:00Z/ },
  { argv: ['help', 'hlep'], says: /unknown command "hlep"/, hint: /Did you mean "help"\?/ },
];

for (const { argv, says, hint } of WRONG) {
  test(`${JSON.stringify(argv.join(' '))}: exit 2, what is wrong, what to do`, async () => {
    const { code, stdout, stderr } = await runCli(argv);
    assert.equal(code, EXIT.usage);
    assert.equal(stdout, '');
    assert.match(stderr, says);
    assert.match(stderr, hint);
  });
}

test('what was written is repeated, but never at length', async () => {
  const long = 'x'.repeat(100_000);
  for (const argv of [
    [long],
    [`--${long}`],
    ['help', long],
    ['help', `--${long}`],
    ['help', '-o', long],
    ['completion', long],
  ]) {
    const { code, stderr } = await runCli(argv);
    assert.equal(code, EXIT.usage);
    assert.match(stderr, /x{100}\.\.\./);
    assert.ok(stderr.length < 600, `${stderr.length} characters`);
  }
});

test('the version and the help of the program are found wherever they are asked for', async () => {
  const version = `heddle-ts ${VERSION}\n`;
  for (const argv of [
    ['status', '--version'],
    ['--version', 'status'],
    ['worker', '-V'],
    ['--version', '--help'],
  ]) {
    assert.deepEqual(await runCli(argv), { code: 0, stdout: version, stderr: '' }, argv.join(' '));
  }
  assert.match((await runCli(['status', '--version', '-v'])).stdout, /^heddle-ts .*\n(?:bun .* )?node /);
  const overview = await runCli(['--help']);
  assert.deepEqual(await runCli(['-v', '--help']), overview);
  assert.deepEqual(await runCli(['-h', '-v']), overview);
  assert.deepEqual(await runCli(['--help', 'submit']), await runCli(['submit', '--help']));
});

test('errors in JSON mode are one object on stdout', async () => {
  for (const argv of [
    ['help', '--nonsense', '-o', 'json'],
    ['help', 'nothing', '--json'],
  ]) {
    const { code, stdout, stderr } = await runCli(argv);
    assert.equal(code, EXIT.usage);
    assert.equal(stderr, '');
    const document = JSON.parse(stdout);
    assert.deepEqual(Object.keys(document), ['schema_version', 'ok', 'error']);
    assert.deepEqual(Object.keys(document.error), ['code', 'message', 'hint', 'retryable', 'exit_code']);
    assert.equal(document.error.code, 'usage');
    assert.equal(document.error.exit_code, EXIT.usage);
    assert.equal(document.error.retryable, false);
    assertKeepsSchema('error', document);
  }
});

test('HEDDLE_OUTPUT chooses the format, -o overrules it, a wrong one is named', async () => {
  const fromEnv = await runCli(['help', 'help'], { env: { HEDDLE_OUTPUT: 'json' } });
  assert.equal(JSON.parse(fromEnv.stdout).commands[0].name, 'help');
  const overruled = await runCli(['help', 'help', '-o', 'human'], { env: { HEDDLE_OUTPUT: 'json' } });
  assert.match(overruled.stdout, /^Usage:/);
  const wrong = await runCli(['help'], { env: { HEDDLE_OUTPUT: 'xml' } });
  assert.equal(wrong.code, EXIT.usage);
  assert.match(wrong.stderr, /HEDDLE_OUTPUT is "xml"/);
  const elsewhere = await runCli(['help', 'help'], { env: { HEDDLE_OUTPUT: 'nagios' } });
  assert.match(elsewhere.stdout, /^Usage:/);
  assert.equal(
    elsewhere.stderr,
    'note: HEDDLE_OUTPUT is "nagios", which help cannot write (it writes human, json): human is used\n',
  );
  const everywhere = new Set(['human', 'json', 'ndjson']);
  const formats = new Set<string>();
  for (const { load } of await everyCommand())
    for (const format of (await load?.())?.formats ?? []) formats.add(format);
  assert.deepEqual(new Set([...formats].filter((format) => !everywhere.has(format))), ELSEWHERE);
});

test('the command map holds every command and flag', async () => {
  const { code, stdout } = await runCli(['help', '--output', 'json']);
  assert.equal(code, 0);
  const map = JSON.parse(stdout);
  assert.equal(map.schema_version, 1);
  assertKeepsSchema('help', map);
  assert.deepEqual(map.exit_codes, EXIT);
  assert.deepEqual(
    map.commands.map((each: { name: string }) => each.name),
    COMMANDS.map((each) => each.name),
  );
  const byPath = commandsByPath(map.commands);
  for (const { words, load } of await everyCommand()) {
    const name = words.join(' ');
    const command = byPath.get(name);
    assert.ok(command !== undefined, `${name} is in the map`);
    // A name that only gathers others can do nothing by itself.
    if (load === undefined) continue;
    const longs = command.options.map((option) => option.long);
    for (const flag of ['--output', '--quiet', '--verbose', '--color'])
      assert.ok(longs.includes(flag), `${name} ${flag}`);
    for (const option of command.options)
      assert.ok(option.description.length > 3, `${name} ${option.flags} is described`);
  }
});

test('a reader that went away ends quietly with 0', async () => {
  const { fakeIo } = await import('../helpers/fake-io.ts');
  const { main } = await import('../../src/cli/main.ts');
  const io = fakeIo();
  io.stdout.break();
  assert.equal(await main(['help', 'nothing', '--json'], io), EXIT.ok);
  assert.equal(io.err(), '');
});
