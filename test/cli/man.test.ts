import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandsByPath, type MappedOption } from '../../src/cli/command-map.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { SETTINGS } from '../../src/cli/settings/catalog.ts';
import { runCli } from '../helpers/fake-io.ts';
import { inProject } from '../helpers/root.ts';

const DAY = { SOURCE_DATE_EPOCH: String(Date.parse('2026-04-29') / 1000) };
const pageOf = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli(['help', '--man', ...words], { env: DAY });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout;
};

/** What a reader sees, without the escapes and the line ends of the source. */
const read = (page: string): string =>
  page
    .replaceAll(/\\f[BR]|\\&/g, '')
    .replaceAll(/\\\((\w\w)/g, (_all, name: string) => ({ aq: "'", ga: '`', ha: '^', ti: '~' })[name] ?? '?')
    .replaceAll('\\-', '-')
    .replaceAll('\\e', '\\')
    .replaceAll(/\n(?!\.)/g, ' ');

test('the page of each command has its flags, operands and examples, with those of the commands below it', async () => {
  const { commands } = JSON.parse((await runCli(['help', '-o', 'json'])).stdout);
  const whole = read(await pageOf());
  for (const [path, { options, examples, arguments: operands }] of commandsByPath(commands)) {
    const page = read(await pageOf(path.split(' ')[0] ?? ''));
    const shared = ({ group }: MappedOption): boolean => group === 'Output:' || group === 'Connection:';
    for (const option of options) {
      const text = shared(option) ? whole : page;
      assert.ok(text.includes(option.flags), `${path} ${option.flags}`);
      if (!shared(option)) assert.ok(text.includes(option.description), `${path} ${option.flags}`);
    }
    for (const { command } of examples) assert.ok(page.includes(command), `${path}: ${command}`);
    for (const { description } of operands) assert.ok(page.includes(description), `${path}: ${description}`);
  }
  for (const { variable } of SETTINGS) assert.ok(variable === undefined || whole.includes(variable), variable);
});

test('the page of a command below another is the page that it is on', async () => {
  assert.equal(await pageOf('dead-letter', 'replay'), await pageOf('dead-letter'));
});

test('a page names its day: of the build, or of the source', async () => {
  assert.match(await pageOf('tail'), /^\.TH HEDDLE\\-TS\\-TAIL 1 "2026-04-29" "heddle\\-ts /);
  const now = Date.parse('2027-01-02T03:04:05Z');
  for (const env of [{}, { SOURCE_DATE_EPOCH: '' }, { SOURCE_DATE_EPOCH: 'soon' }]) {
    const { stdout } = await runCli(['help', '--man', 'tail'], { env, now: () => now });
    assert.match(stdout, /^\.TH HEDDLE\\-TS\\-TAIL 1 "2027-01-02"/);
  }
});

test('--man is no machine format, and knows its commands', async () => {
  const json = await runCli(['help', '--man', '-o', 'json']);
  assert.equal(json.code, 2);
  assert.match(json.stdout, /--man is a page for man, and json is none/);
  const slip = await runCli(['help', '--man', 'tial']);
  assert.equal(slip.code, 2);
  assert.match(slip.stderr, /Did you mean "tail"\?/);
});

test('the package names a page for the program and each command, and the build made them', () => {
  const { man } = JSON.parse(readFileSync(inProject('package.json'), 'utf8'));
  const pages = ['heddle-ts.1', ...COMMANDS.map(({ name }) => `heddle-ts-${name}.1`)];
  assert.deepEqual(
    man,
    pages.map((page) => `./man/${page}`),
    '"man" of package.json: one line for each command of src/cli/commands.ts, in its order',
  );
  assert.deepEqual(readdirSync(inProject('man')).sort(), [...pages].sort());
  for (const page of pages) assert.ok(existsSync(inProject('man', page)), page);
});

const absent = spawnSync('mandoc', ['-Tlint', '/dev/null']).error ? 'mandoc is not on this machine' : false;

test('mandoc finds nothing to say about any page', { skip: absent }, () => {
  for (const page of readdirSync(inProject('man'))) {
    const { stdout, stderr, status } = spawnSync('mandoc', ['-Tlint', '-Wstyle', inProject('man', page)], {
      encoding: 'utf8',
    });
    assert.deepEqual({ said: stdout + stderr, status }, { said: '', status: 0 }, page);
  }
});
