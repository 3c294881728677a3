import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { freePort } from '../helpers/ports.ts';
import { wire } from '../helpers/wire.ts';
import { type Actor, actAll, HEALTHY, llmWorker, ROUTER } from './actors.ts';
import { folderFor, HOME } from './faults.ts';

noLeaks();

/** Text that would harm a terminal, an XML reader, a metrics reader or a monitoring line if it came through as it is. */
const HOSTILE = '\u001b[31m<"|&\\>\u202e';

interface World {
  readonly what: string;
  readonly actors?: readonly Actor[];
  readonly argv?: readonly string[];
  readonly hostile?: boolean;
  readonly exit: number;
  readonly nagios: number;
}

const WORLDS: readonly World[] = [
  { what: 'zero problems', actors: HEALTHY, exit: 0, nagios: 0 },
  { what: 'warnings', actors: [ROUTER], exit: 0, nagios: 1 },
  { what: 'warnings that count', actors: [ROUTER], argv: ['--fail-on', 'warning'], exit: 1, nagios: 2 },
  {
    what: 'many problems, and names that are hostile',
    actors: [ROUTER, ROUTER, llmWorker('echo'), { hears: [['heddle.tasks.echo.standard']], name: HOSTILE }],
    hostile: true,
    argv: ['--tier', 'gpu', '--config', 'no\u001b[31m<&">such.yaml'],
    exit: 1,
    nagios: 2,
  },
  { what: 'no bus', exit: 3, nagios: 2 },
  { what: 'unusable settings', argv: ['--creds', 'missing.creds'], exit: 2, nagios: 2 },
];

for (const world of WORLDS) {
  test(`every format, one exit code: ${world.what}`, async (t) => {
    const args = await argvOf(t, world);
    const folder = folderFor(t);
    const run = (...format: string[]) =>
      runCli(['preflight', ...args, ...format], { cwd: folder, home: join(folder, HOME), env: {} });

    const json = await run('-o', 'json');
    assert.equal(json.code, world.exit, `json ${json.stdout}${json.stderr}`);
    const document = JSON.parse(json.stdout) as { ok: boolean; checks: unknown[] };
    assertKeepsSchema('preflight', document);
    assert.equal(document.ok, world.exit === 0);
    assert.equal(json.stderr, '');

    for (const format of ['human', 'short']) {
      const { code, stdout } = await run('-o', format);
      assert.equal(code, world.exit, format);
      assert.match(stdout, world.exit === 0 ? /^ready: /m : /^not ready: /m);
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/, `${format} lets control characters through`);
    }

    const junit = await run('-o', 'junit');
    assert.equal(junit.code, world.exit);
    assert.equal(checkXml(junit.stdout), document.checks.length, 'a test case a check');
    assert.equal((junit.stdout.match(/<failure /g) ?? []).length > 0, world.exit !== 0);

    const prometheus = await run('-o', 'prometheus');
    assert.equal(prometheus.code, world.exit);
    const samples = readMetrics(prometheus.stdout);
    assert.equal(samples.get('heddle_preflight_ok'), world.exit === 0 ? 1 : 0);

    const nagios = await run('-o', 'nagios');
    assert.equal(nagios.code, world.nagios, 'nagios');
    const word = ['OK', 'WARNING', 'CRITICAL'][world.nagios];
    assert.match(nagios.stdout, new RegExp(`^HEDDLE ${word} - [^|\\n]+ \\| time=[\\d.]+s .*\\n`));
    assert.equal((nagios.stdout.match(/\|/g) ?? []).length, 1, 'one bar');
  });
}

test('short is the problems and the verdict, nothing else', async (t) => {
  const args = await argvOf(t, { what: '', actors: [ROUTER], exit: 0, nagios: 0 });
  const { stdout } = await runCli(['preflight', ...args, '-o', 'short'], { env: {} });
  const heads = stdout.split('\n').filter((line) => /^\S/.test(line));
  const [goals, deadLetters, verdict, versions, ...rest] = heads;
  assert.match(goals ?? '', /^‼ bus\.goals_heard: /);
  assert.match(deadLetters ?? '', /^‼ bus\.dead_letters: /);
  assert.match(verdict ?? '', /^ready: 2 warnings, \d+ passed/);
  assert.match(versions ?? '', /^heddle-ts \d.*, nats-server .* at nats:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(rest, []);
});

test('with -v every line has its duration, and lines fit the terminal', async (t) => {
  const args = await argvOf(t, { what: '', actors: [ROUTER, ROUTER], exit: 0, nagios: 0 });
  const wide = await runCli(['preflight', ...args, '-v', '--color', 'never'], { env: {}, tty: 120 });
  assert.match(wide.stdout, /a NATS server answers there \[[\d.]+ ms\]/);
  assert.match(wide.stdout, /the server can be reached: \S+ \[[\d.]+ ms\]/);
  const narrow = await runCli(['preflight', ...args, '--color', 'never'], { env: {}, tty: 60 });
  // A word that is wider than the terminal stays whole: subjects and addresses are there to be copied.
  for (const line of narrow.stdout.split('\n')) assert.ok(line.length <= 60 || !line.trim().includes(' '), line);
});

test('usage: what does not go together or is no value', async () => {
  const cases: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
    [['what'], /too many arguments/],
    [['--fail-on', 'never'], /--fail-on is error or warning/],
    [['--probe', 'startup'], /--probe is ready or live/],
    [['--wait', '5s', '--serve'], /--wait and --serve exclude each other/],
    [['--wait', 'soon'], /--wait: "soon" is not a duration/],
    [['--expect', 'worker:'], /names nothing that can be expected/],
    [['--smoke', 'a b'], /--smoke: "a b" is no worker/],
    [['--smoke', 'echo', '--smoke-payload', '[]'], /must be a JSON object/],
    [['--smoke-payload', '{}'], /goes with --smoke/],
    [['--serve', 'a:b:c'], /is no address to listen on/],
    [['--configs-dir', 'nowhere'], /is no directory/],
  ];
  for (const [argv, says] of cases) {
    const { code, stderr, stdout } = await runCli(['preflight', '--nats-url', '127.0.0.1:1', ...argv], { env: {} });
    assert.equal(code, 2, `${argv.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, says);
  }
});

async function argvOf(t: TestContext, { actors, argv = [], hostile = false }: World): Promise<readonly string[]> {
  if (actors === undefined) return ['--nats-url', `nats://127.0.0.1:${await freePort()}`, ...argv];
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, actors);
  if (hostile) {
    // Our own transport refuses such a subject; other clients do not.
    const client = await wire(broker.port);
    t.after(() => client.hangUp());
    client.say(`CONNECT {"verbose":false}\r\nSUB heddle.tasks.\u001b[31m<"|&\\>x.local 1\r\n`);
    await client.sync();
  }
  // A busy machine is not what these tests are about.
  return ['--nats-url', broker.url, '--rtt-warn', '30s', ...argv];
}

/** Well-formed as far as this writer can go wrong: tags match, attributes are quoted, no stray markup. Counts the cases. */
function checkXml(xml: string): number {
  assert.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  assert.doesNotMatch(xml, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  const open: string[] = [];
  const body = xml.slice(xml.indexOf('\n'));
  const rest = body.replace(
    /<(\/?)([a-z-]+)((?: [a-z]+="[^"<&]*(?:&(?:amp|lt|gt|quot|#10);[^"<&]*)*")*)(\/?)>/g,
    (_, closes, name, _attributes, empty) => {
      if (closes === '/') assert.equal(open.pop(), name);
      else if (empty === '') open.push(name);
      return '';
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>]|&(?!(?:amp|lt|gt|quot|#10);)/);
  return (xml.match(/<testcase /g) ?? []).length;
}

/** Each line is a comment or a sample; a family is described once. */
function readMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const families = new Set<string>();
  assert.ok(text.endsWith('\n'));
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (\w+) gauge$/.exec(line)?.[1];
    if (type !== undefined) {
      assert.ok(!families.has(type), `${type} twice`);
      families.add(type);
    }
    if (line.startsWith('#')) continue;
    const sample = /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) (-?[\d.e+-]+)$/.exec(line);
    assert.ok(sample, `no sample: ${JSON.stringify(line)}`);
    assert.ok(families.has((sample[1] ?? '').replace(/\{.*/s, '')), line);
    assert.ok(!samples.has(sample[1] ?? ''), `${line} twice`);
    samples.set(sample[1] ?? '', Number(sample[2]));
  }
  return samples;
}

test('nagios: what cannot be checked at all is UNKNOWN, not CRITICAL', async () => {
  for (const argv of [
    ['--expect', 'foo'],
    ['--ignore', 'bus.dead_leters'],
    ['--wait', 'soon'],
    ['--fail-on', 'x'],
  ]) {
    const { code, stdout } = await runCli(['preflight', '-o', 'nagios', ...argv], { env: {} });
    assert.equal(code, 3, argv.join(' '));
    assert.match(stdout, /^HEDDLE UNKNOWN - --/);
  }
});

test('--ignore of a check that does not exist is refused, with the one that was meant', async () => {
  const { code, stderr } = await runCli(['preflight', '--ignore', 'bus.dead_leters=x'], { env: {} });
  assert.equal(code, 2);
  assert.match(stderr, /there is no check "bus\.dead_leters"\n.*did you mean "bus\.dead_letters"\?/);
});
