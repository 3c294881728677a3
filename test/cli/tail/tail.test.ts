import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '../../../src/broker/broker.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { type FakeIoOptions, runCli, startCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { result, task } from '../../tail/fake.ts';

const GOAL = '3f0c9e0e-8a55-4c86-9d3c-6f1f2b7c1d10';
const OK = result({
  task_id: '11111111-aaaa',
  processing_time_ms: 12,
  token_usage: { prompt_tokens: 3, completion_tokens: 4 },
});
const FAILED = result({ task_id: '22222222-bbbb', status: 'failed', error: 'no such file' });
const DEAD = JSON.stringify({
  reason: "rate_limited: tier 'local' has no available capacity",
  original_task: JSON.parse(task({ task_id: '33333333-cccc' })),
  task_id: '33333333-cccc',
  worker_type: 'echo',
});
const DEAD_LETTERS = 'heddle.tasks.dead_letter';
const DEFAULT = 'heddle.results.default';
type Sent = readonly [subject: string, data: string | Uint8Array];

let broker: Broker;
let publisher: Transport;

before(async () => {
  broker = await startBroker();
  publisher = await connect({ servers: [broker.url] });
});

after(async () => {
  await publisher.close();
  await broker.close();
});
// After the hook above, which closes what all tests share.
noLeaks();

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts a tail, sends when it is subscribed, and waits for its end. */
async function tail(argv: readonly string[], messages: readonly Sent[], options: FakeIoOptions = {}): Promise<Run> {
  const { io, exit } = startCli(['tail', '--nats-url', broker.url, ...argv], options);
  await Promise.race([io.seen(/following /), exit]);
  for (const [subject, data] of messages) publisher.publish(subject, data);
  await publisher.flush();
  return { code: await exit, out: io.out(), err: io.err() };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-tail-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const documents = (text: string): Record<string, unknown>[] => lines(text).map((line) => JSON.parse(line));

describe('endings', () => {
  const ok: Sent = [DEFAULT, OK];
  const failed: Sent = [DEFAULT, FAILED];
  const dead: Sent = [DEAD_LETTERS, DEAD];
  const cases: [argv: string, messages: readonly Sent[], code: number, shown: number][] = [
    ['--count 2', [ok, ok, ok], 0, 2],
    ['--count 1 --expect 2', [ok], 1, 1],
    ['--for 300ms', [ok, dead], 0, 2],
    ['--for 300ms --expect 3', [ok, dead], 1, 2],
    ['--for 300ms --expect 2', [ok, dead], 0, 2],
    ['--idle 300ms', [ok], 0, 1],
    ['--until status=failed', [ok, failed, ok], 0, 2],
    ['--until status=failed --idle 300ms', [ok], 1, 1],
    ['--until status~^fail --count 9', [ok, failed], 0, 2],
    ['--fail-on failed', [ok, failed, ok], 1, 2],
    ['--fail-on failed,dead_letter --count 9', [ok, dead], 1, 2],
    ['--fail-on failed --status completed --count 1', [failed, ok], 0, 1],
    ['--fail-on-gap --count 1', [ok], 0, 1],
    ['--lint --fail-on invalid', [ok, [DEFAULT, '{"task_id":"x"}']], 1, 2],
    [
      '--pair --fail-on duplicate',
      [
        ['heddle.tasks.incoming', task()],
        [DEFAULT, result()],
        [DEFAULT, result()],
      ],
      1,
      3,
    ],
    ['--pair --orphan-after 50ms --fail-on orphan', [['heddle.tasks.incoming', task()]], 1, 2],
  ];
  for (const format of ['human', 'ndjson']) {
    for (const [argv, messages, code, shown] of cases) {
      test(`${argv} -o ${format}`, async () => {
        const run = await tail([...argv.split(' '), '-o', format], messages);
        assert.deepEqual([run.code, lines(run.out).length], [code, shown], `${run.out}\n${run.err}`);
        if (code === 1) assert.match(run.err, /exit 1: /);
        if (format === 'ndjson') for (const document of documents(run.out)) assertKeepsSchema('tail', document);
      });
    }
  }
});

test('human lines', async () => {
  const sent: Sent[] = [
    ['heddle.goals.incoming', JSON.stringify({ goal_id: GOAL, instruction: 'summarise the report' })],
    ['heddle.tasks.incoming', task({ task_id: '44444444-dddd', model_tier: 'local', parent_task_id: GOAL })],
    [
      'heddle.tasks.echo.local',
      task({ task_id: '44444444-dddd', max_retries: 2, retry_count: 0, parent_task_id: GOAL }),
    ],
    [`heddle.results.${GOAL}`, result({ task_id: '44444444-dddd', parent_task_id: GOAL })],
    [DEFAULT, FAILED],
    [DEAD_LETTERS, DEAD],
    ['heddle.control.reload', '{"action":"reload"}'],
    [DEFAULT, 'not json'],
    [`heddle.results.${GOAL}`, result({ task_id: GOAL, worker_type: 'pipe' })],
    [DEFAULT, result({ task_id: '44444444-dddd' })],
  ];
  const run = await tail(['--all', '--pair', '--count', String(sent.length)], sent, { tty: 80, env: { TERM: 'dumb' } });
  const shown = lines(run.out).map((line) =>
    line
      .replace(/^\d\d:\d\d:\d\d\.\d{3}/, 'HH:MM:SS.mmm')
      .replaceAll(/ +\d+ms /g, (found) => `${'N'.padStart(found.length - 3)}ms `),
  );
  assert.deepEqual(
    shown,
    [
      'HH:MM:SS.mmm  goal                                          3f0c9e0e  summarise…',
      'HH:MM:SS.mmm  task     echo          for local              44444444',
      'HH:MM:SS.mmm  task     echo          to local           Nms  44444444',
      'HH:MM:SS.mmm  result   echo          completed          Nms  44444444',
      'HH:MM:SS.mmm  result   echo          failed                 22222222  no such f…',
      'HH:MM:SS.mmm  dead     echo          rate limit             33333333  rate_limi…',
      'HH:MM:SS.mmm  control                reload',
      'HH:MM:SS.mmm  unknown                not json                         not JSON:…',
      'HH:MM:SS.mmm  result   pipe          completed          Nms  3f0c9e0e  1 of 1 stages',
      'HH:MM:SS.mmm  result   echo          completed          Nms  44444444  2nd',
    ].map((line) => line.replaceAll('    Nms ', '   Nms ')),
  );
  assert.match(run.err, /10 messages, .*\n {2}kinds .*result 4.*\n {2}statuses {3}completed 3, failed 1\n/);
  assert.match(run.err, /pairs {6}0 waiting, 0 orphans, 1 duplicates, 0 late/);
  assert.match(run.err, /gaps {7}none/);
});

test("generation C's events, commands and rejections are named", async () => {
  const sent: [string, string][] = [
    ['heddle.events.order.42.closed', '{"payload_type":"order.Closed","payload":{}}'],
    ['heddle.commands.order.42.close', '{}'],
    ['heddle.rejections.order.42.denied', '{}'],
    ['heddle.dedup.k1', '{}'],
  ];
  const run = await tail(['--all', '--count', '4'], sent, { tty: 200, env: { TERM: 'dumb' } });
  const shown = lines(run.out).map((line) => line.replace(/^\S+ +/, '').replaceAll(/ {2,}/g, '  '));
  assert.deepEqual(shown, [
    'event  an event of generation C: "closed" of order 42',
    'command  a command of generation C: "close" of order 42',
    'reject  a rejection, the second kind of dead letter, of generation C: "denied" of order 42',
    'dedup  what generation C has handled already: "k1"',
  ]);
});

test('colours: by status, and one for each worker', async () => {
  const run = await tail(
    ['--count', '3', '--color', 'always'],
    [
      [DEFAULT, OK],
      [DEFAULT, FAILED],
      [DEFAULT, OK],
    ],
  );
  const [first = '', second = '', third = ''] = lines(run.out);
  assert.match(first, /\x1b\[32mcompleted/);
  assert.match(second, /\x1b\[31mfailed/);
  const hue = /(\x1b\[\d+m)echo/;
  assert.equal(hue.exec(first)?.[1], hue.exec(third)?.[1]);
  const marked = await tail(['--count', '1', '--color', 'always', '--highlight', 'such f'], [[DEFAULT, FAILED]]);
  assert.match(marked.out, /no \x1b\[7msuch f\x1b\[27mile/);
});

test('hostile messages are shown safely, and none is dropped', async () => {
  const hostile: (string | Uint8Array)[] = [
    result({ worker_type: 'a\u001b[2J\u202e\nb', error: 'x\r\n\u0007' }),
    result({ output: { text: 'y'.repeat(900_000) } }),
    `{"task_id":"t","worker_type":"w","status":"completed","output":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
    Uint8Array.of(0xc3, 0x28, 0x1b, 0x5b),
    '{"task_id":"t","worker_type":"w","status":"failed","error":null,"output":{"n":NaN,"i":-Infinity}}',
    '{"task_id":"t","worker_type":"w","status":"completed","output":{"big":12345678901234567890,"__proto__":{"a":1},"constructor":1}}',
    '{"__proto__":{"status":"completed"},"task_id":"t","worker_type":"w"}',
    '[]',
    '',
    '"\ud800"',
  ];
  const sent = hostile.map((message): Sent => [DEFAULT, message]);
  const extra = ['--body', '--wide', '--lint', '--pair', '--grep', '.', '--where', 'output.x!=1'];
  for (const argv of [[], ['--body'], ['--wide'], ['--template', '{worker_type} {message} {body}'], extra]) {
    const run = await tail([...argv, '--count', String(sent.length)], sent);
    assert.equal(run.code, 0, run.err);
    assert.doesNotMatch(run.out + run.err, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/, argv.join(' '));
  }
  const run = await tail(['-o', 'ndjson', '--lint', '--pair', '--count', String(sent.length)], sent);
  assert.equal(run.code, 0, run.err);
  for (const [index, line] of lines(run.out).entries()) {
    const document = JSON.parse(line) as Record<string, unknown>;
    assertKeepsSchema('tail', 'message' in document ? { ...document, message: null } : document);
    const bytes = Buffer.from(hostile[index] as string);
    if (typeof document.payload_base64 === 'string')
      assert.deepEqual(Buffer.from(document.payload_base64, 'base64'), bytes);
    else assert.ok(line.includes(`"message":${bytes}`), `message ${index} stands there as it came`);
  }
});

test('a body keeps every digit', async () => {
  const run = await tail(
    ['--body', '--count', '1'],
    [
      [
        DEFAULT,
        '{"task_id":"t","worker_type":"w","status":"completed","output":{"id":12345678901234567890,"list":[1.0,{}],"e":""}}',
      ],
    ],
  );
  assert.deepEqual(lines(run.out).slice(1), [
    '    {',
    '      "id": 12345678901234567890,',
    '      "list": [',
    '        1.0,',
    '        {}',
    '      ],',
    '      "e": ""',
    '    }',
  ]);
});

test('filters together', async () => {
  const sent: Sent[] = [
    [DEFAULT, OK],
    [DEFAULT, FAILED],
    [DEAD_LETTERS, DEAD],
    [DEFAULT, result({ worker_type: 'other' })],
  ];
  const cases: [string[], number][] = [
    [['--worker', 'echo'], 3],
    [['--worker', 'echo,other', '--kind', 'result'], 3],
    [['--status', 'failed'], 1],
    [['--task', '111111'], 1],
    [['--where', 'processing_time_ms>10'], 1],
    [['--where', 'status=completed', '--exclude', 'other'], 1],
    [['--grep', '/CAPACITY/i'], 1],
  ];
  for (const [argv, shown] of cases) {
    const run = await tail([...argv, '-o', 'ndjson', '--idle', '200ms'], sent);
    assert.equal(lines(run.out).length, shown, argv.join(' '));
    assert.match(run.err, /of 4 received/);
  }
});

test('templates', async () => {
  const run = await tail(
    ['--count', '1', '--template', '{worker_type}|{status}|{duration_ms}|{tokens}|{goal_id}|{{x}}\\t{kind}'],
    [[DEFAULT, OK]],
  );
  assert.equal(run.out, 'echo|completed|12|7|-|{x}\tresult\n');
});

test('lint with a worker config: two verdicts', async (t) => {
  const folder = folderOf(t);
  writeFileSync(
    join(folder, 'echo.yaml'),
    'name: echo\nworker_kind: processor\ninput_schema:\n  type: object\n  required: [text]\n  properties:\n    text: {type: string, maxLength: 3}\n    n: {type: integer}\n',
  );
  const payloads = ['{"text":"abc","n":1}', '{"text":"abcd"}', '{"n":1}', '{"text":"a","n":1.0}'];
  const sent = payloads.map(
    (payload): Sent => ['heddle.tasks.echo.local', `{"worker_type":"echo","payload":${payload}}`],
  );
  const argv = ['heddle.tasks.>', '--lint', '--config', 'echo.yaml', '-o', 'ndjson', '--count', '4'];
  const run = await tail(argv, sent, { cwd: folder });
  const notes = documents(run.out).map(({ lint }) => lint as { valid: boolean; shallow: string[]; full: string[] });
  assert.deepEqual(
    notes.map(({ valid, shallow, full }) => [valid, shallow.length, full.length]),
    [
      [true, 0, 0],
      [false, 0, 1],
      [false, 1, 1],
      [false, 1, 0],
    ],
  );
  assert.match(notes[2]?.shallow[0] ?? '', /input: missing required field 'text'/);
  assert.match(notes[3]?.shallow[0] ?? '', /input\.n: expected integer/);
});

test('what is recorded can be replayed, through filters and into other forms', async (t) => {
  const folder = folderOf(t);
  const sent: Sent[] = [
    [DEFAULT, OK],
    [DEFAULT, Uint8Array.of(0xff)],
    [DEAD_LETTERS, DEAD],
    [DEFAULT, FAILED],
  ];
  const live = await tail(['-o', 'ndjson', '--record', 'r.ndjson', '--count', '4'], sent, { cwd: folder });
  assert.equal(live.code, 0, live.err);
  assert.equal(readFileSync(join(folder, 'r.ndjson'), 'utf8'), live.out);
  const replayed = await runCli(['tail', '--from', 'r.ndjson', '-o', 'ndjson'], { cwd: folder });
  assert.deepEqual([replayed.code, replayed.stdout], [0, live.out]);
  const some = await runCli(['tail', '--from', 'r.ndjson', '--template', '{task_id}', '--kind', 'dead_letter', '-q'], {
    cwd: folder,
  });
  assert.deepEqual(some, { code: 0, stdout: '33333333-cccc\n', stderr: '' });
  const dead = await runCli(['tail', DEAD_LETTERS, '--from', '-', '-o', 'ndjson', '-q'], { stdin: live.out });
  assert.equal(lines(dead.stdout).length, 1);

  writeFileSync(
    join(folder, 'torn.ndjson'),
    `${lines(live.out)[0]}\nnonsense\n{"x":\n\n${OK}\n${lines(live.out)[3]?.slice(0, 50)}`,
  );
  const torn = await runCli(['tail', '--from', 'torn.ndjson', '-o', 'ndjson'], { cwd: folder });
  const kinds = documents(torn.stdout).map(({ kind, missed }) => [kind, missed]);
  assert.deepEqual(kinds, [
    ['result', undefined],
    ['gap', 2],
    ['result', undefined],
    ['gap', 1],
  ]);
  const strict = await runCli(['tail', '--from', 'torn.ndjson', '--fail-on-gap'], { cwd: folder });
  assert.equal(strict.code, 1);
});

test('a reader that goes away ends it quietly', async () => {
  const { io, exit } = startCli(['tail', '--nats-url', broker.url, '-o', 'ndjson']);
  await io.seen(/following/);
  publisher.publish(DEFAULT, OK);
  await io.seen(/"kind":"result"/);
  io.stdout.break();
  assert.equal(await exit, 0);
  assert.doesNotMatch(io.err(), /messages/);
});

test('signals: figures on SIGUSR2, a clean end on SIGINT', async () => {
  const { io, exit } = startCli(['tail', '--nats-url', broker.url]);
  await io.seen(/following/);
  publisher.publish(DEFAULT, OK);
  await io.seen(/completed/);
  io.signal('SIGUSR2');
  await io.seen(/1 message, /);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  assert.equal(io.err().match(/1 message, /g)?.length, 2);
});

test('--stats puts figures into the stream of ndjson', async () => {
  const run = await tail(['-o', 'ndjson', '--stats', '100ms', '--for', '350ms'], [[DEFAULT, OK]]);
  const summaries = documents(run.out).filter(({ kind }) => kind === 'summary');
  assert.ok(summaries.length >= 2, run.out);
  for (const summary of summaries) assertKeepsSchema('tail', summary);
  assert.deepEqual(summaries.map(({ final }) => final).slice(-2), [false, true]);
});

test('a connection that drops: a gap in the stream, news on stderr, the subscription is back', async () => {
  const { io, exit } = startCli(['tail', '--nats-url', broker.url, '-o', 'ndjson', '--count', '1']);
  await io.seen(/following/);
  broker.dropConnections();
  await io.seen(/"kind":"gap"/);
  await io.seen(/connected again/);
  publisher = await connect({ servers: [broker.url] });
  publisher.publish(DEFAULT, OK);
  await publisher.flush();
  assert.equal(await exit, 0);
  const [gap, message] = documents(io.out());
  assertKeepsSchema('tail', gap);
  assert.deepEqual([gap?.reason, gap?.missed, message?.kind], ['disconnected', null, 'result']);
  assert.match(io.err(), /lost the connection to .*; reconnecting\n/);
});

test('--fail-on-gap ends at the first sign of one', async () => {
  const { io, exit } = startCli(['tail', '--nats-url', broker.url, '--fail-on-gap']);
  await io.seen(/following/);
  broker.dropConnections();
  assert.equal(await exit, 1);
  assert.match(io.out(), /gap +disconnected/);
  publisher = await connect({ servers: [broker.url] });
});

test('wrong flags are refused, with the flag and the remedy', async () => {
  const cases: [string[], RegExp][] = [
    [['a b'], /no subject/],
    [['other.>'], /--any-subject/],
    [['--count', '0'], /--count/],
    [['--count', '1.5'], /--count/],
    [['--for', 'soon'], /--for/],
    [['--where', '=1'], /--where/],
    [['--grep', '('], /--grep.*no regular expression/],
    [['--kind', 'tasks'], /--kind.*not one of/],
    [['--fail-on', 'invalid'], /needs --lint/],
    [['--fail-on', 'orphan'], /needs --pair/],
    [['--fail-on', 'nonsense'], /--fail-on.*not one of/],
    [['--orphan-after', '1s'], /--pair/],
    [['--config', 'x.yaml'], /--lint/],
    [['--record-size', '1MB'], /--record/],
    [['--since', '1h', '--last', '3'], /not both/],
    [['--no-follow'], /--no-follow/],
    [['--from', 'a', '--last', '3'], /--from/],
    [['--from', 'no-such-file'], /no such file/],
    [['--template', '{wroker_type}'], /worker_type/],
    [['--template', '{a'], /single \{/],
    [['--buffer', '1'], /--buffer/],
    [['--lint', '--config', 'no-such.yaml'], /no such file/],
    [['--record', 'no/such/dir/file'], /cannot record/],
  ];
  for (const [argv, said] of cases) {
    const run = await runCli(['tail', '--nats-url', broker.url, ...argv]);
    assert.equal(run.code, 2, `${argv.join(' ')}: ${run.stderr}`);
    assert.match(run.stderr, said);
  }
});

test('history without a stream: a clear sentence', async () => {
  const run = await runCli(['tail', '--nats-url', broker.url, '--last', '5']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /no JetStream stream captures it|JetStream is not enabled/);
});

test('a bus that is not there', async () => {
  const run = await runCli(['tail', '--nats-url', 'nats://127.0.0.1:1', '-o', 'ndjson']);
  assert.equal(run.code, 3);
  assert.equal((JSON.parse(run.stdout) as { ok: boolean }).ok, false);
});

test('filters that can hold for nothing are refused with what was meant, before anything connects', async () => {
  const dead = { env: { NATS_URL: 'nats://127.0.0.1:1' } };
  for (const [flag, written, meant] of [
    ['--status', 'complete', 'completed'],
    ['--status', 'COMPLETED', 'completed'],
    ['--tier', 'LOCAL', 'local'],
    ['--where', 'message.status=failed', 'status=failed'],
  ] as const) {
    const { code, stderr } = await runCli(['tail', flag, written], dead);
    assert.equal(code, 2, written);
    assert.ok(stderr.includes(`"${meant}"`), stderr);
  }
  const { stderr } = await runCli(['tail', 'echo'], dead);
  assert.match(stderr, /tail --worker echo/);
});

test('a few characters are a whole id, and that is said', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const { stderr } = await runCli(['tail', '--task', '919', '--for', '100ms'], { env: { NATS_URL: broker.url } });
  assert.match(stderr, /--task 919 is taken for a whole id; the first characters of one are 6 or more/);
});
