import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { pageOf } from '../../src/gateway/console/page.ts';
import { tellPassing } from '../../src/gateway/console/passing.ts';
import { Shared } from '../../src/gateway/console/shared.ts';
import { EventStream } from '../../src/http/event-stream.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { turn } from '../../src/time/turn.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { connect } from '../../src/transport/nats.ts';
import { keptBus, refusal } from '../deadletter/bus.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { actors } from './bus.ts';
import { listen } from './sse.ts';
import { bodyOf, startGateway, TOKEN } from './start.ts';

noLeaks();

const OTHER = 'another-token-for-the-tests-of-the-gateway';
const CONFIG = `kind: gateway
console: true
auth:
  tokens:
    - {id: ops, env: T, scopes: [submit, events, observe, admin]}
    - {id: eyes, env: O, scopes: [events, observe]}
    - {id: sender, env: S, scopes: [submit, events]}
`;
const SENDER = 'a-third-token-for-the-tests-of-the-gateway';
const ENV = { T: TOKEN, O: OTHER, S: SENDER };
const as = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } });

async function consoleOn(t: TestContext) {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const gateway = await startGateway(t, await connect({ reconnect: true }), CONFIG, { env: ENV, words: adviceText });
  return { bus, gateway };
}

test('the page: its own text runs and nothing else, asked for each time, and small', async (t) => {
  const { gateway } = await consoleOn(t);
  const answer = await gateway.ask('/');
  const html = await answer.text();
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(answer.headers.get('cache-control'), 'no-cache');
  assert.ok(Buffer.byteLength(html) <= 60 * 1024, `${Buffer.byteLength(html)} bytes`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? assert.fail();
  assert.ok(policy.includes(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`), policy);
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const addresses = html.match(/(?:https?:)?\/\/[a-z][\w.-]+/g) ?? [];
  assert.deepEqual([...new Set(addresses)], ['http://www.w3.org'], 'the name of SVG, which nobody asks for');
  const again = await gateway.ask('/', { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } });
  assert.deepEqual([again.status, await again.text()], [304, '']);
});

test('where no console is asked for, nothing of it is served', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await connect());
  for (const path of ['/', '/v1/bus', '/v1/bus/events', '/v1/dead-letters/groups']) {
    assert.equal((await gateway.ask(path)).status, 404, path);
  }
});

test('a console that nobody could use is not served', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const deaf = 'kind: gateway\nconsole: true\nevents: {enabled: false}\n';
  await assert.rejects(startGateway(t, bus, deaf), /told by events, and those are switched off/);
  const shut = 'kind: gateway\nconsole: true\nauth: {tokens: [{id: a, env: T, scopes: [observe]}]}\n';
  await assert.rejects(startGateway(t, bus, shut, { env: ENV }), /no token and no session has the scope events/);
});

test('line ends of another system change no hash that a browser makes', () => {
  const [unix, windows] = ['\n', '\r\n'].map((end) => pageOf(Buffer.from(`<script>${end}a()${end}</script>`)));
  assert.equal(unix?.headers['content-security-policy'], windows?.headers['content-security-policy']);
});

test('the ticket says who asked and what that may do; each route wants its scope', async (t) => {
  const { gateway } = await consoleOn(t);
  const ticket = await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', ...as(OTHER) }));
  assert.deepEqual([ticket.name, ticket.scopes], ['eyes', ['events', 'observe']]);
  assert.equal((await bodyOf(await gateway.ask('/healthz'))).authentication, 'token');
  assert.equal((await gateway.ask('/v1/bus')).status, 401);
  assert.equal((await gateway.ask('/v1/bus', as(OTHER))).status, 200);
  const replay = await gateway.ask('/v1/dead-letters/groups/k3f9x2ab/replay', { ...as(OTHER), json: {} });
  assert.deepEqual([replay.status, (await bodyOf(replay)).code], [403, 'forbidden']);
  const sent = await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', ...as(SENDER) }));
  assert.equal(
    (await gateway.ask(`/v1/bus/events?ticket=${String(sent.ticket)}`)).status,
    403,
    'a ticket adds nothing',
  );
  const outside = await gateway.ask('/v1/bus/events?subject=%3E', as(OTHER));
  assert.deepEqual([outside.status, (await bodyOf(outside)).code], [400, 'bad_request']);
});

test('the map has who is there, what is wrong, and what to do in the words of whoever runs it', async (t) => {
  const { bus, gateway } = await consoleOn(t);
  await actors(t, bus, 0, 'local');
  const map = (await bodyOf(await gateway.ask('/v1/bus', as(TOKEN)))) as {
    known: boolean;
    workers: { type: string; replicas: number }[];
    problems: { problem: string; hint: string }[];
  };
  assert.equal(map.known, true);
  assert.deepEqual(
    map.workers.map(({ type, replicas }) => [type, replicas]),
    [['echo', 1]],
  );
  const found = map.problems.find(({ problem }) => problem === 'dead_letters_unheard');
  assert.match(found?.hint ?? '', /heddle-ts dead-letter enable/);
});

test('what passes is told with a ticket, and no longer than somebody listens', async (t) => {
  const { bus, gateway } = await consoleOn(t);
  await actors(t, bus, 0, 'local');
  const { ticket } = await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', ...as(OTHER) }));
  const seen = await listen(t, `${gateway.url}/v1/bus/events?ticket=${String(ticket)}`);
  assert.equal(seen.status, 200);
  const json = { worker_type: 'echo', model_tier: 'local', payload: { a: 1 } };
  await gateway.ask('/v1/tasks', { json, headers: { ...as(TOKEN).headers, prefer: 'wait=10' } });
  await seen.until('the result has passed', (frames) =>
    frames.some(({ data }) => (data.counts as { completed: number } | undefined)?.completed === 1),
  );
  const shown = seen.of('bus/passing').flatMap(({ data }) => data.shown as { kind: string; worker_type: string }[]);
  assert.deepEqual(
    shown.map(({ kind, worker_type: worker }) => `${kind} ${worker}`),
    ['tasks echo', 'routed echo', 'completed echo'],
  );
  seen.close();
  await seen.ended;
});

/** One who is told what passes on a bus of the test's own, and takes it when he is told to. */
async function watcher() {
  const clock = createFakeClock();
  const bus = await createMemoryBus().connect();
  const waiting: (() => void)[] = [];
  const frames: Record<string, unknown>[] = [];
  const limits = { streamBytes: 1024 * 1024, streamFrames: 256, streamStallMs: 60_000 };
  const pipe = {
    write: (bytes: Uint8Array, taken: () => void): void => {
      waiting.push(taken);
      const [, data] = /\ndata: (.*)\n/.exec(Buffer.from(bytes).toString()) ?? [];
      if (data !== undefined) frames.push(JSON.parse(data) as Record<string, unknown>);
    },
    end: () => {},
    destroy: () => {},
  };
  const stream = new EventStream(pipe, limits, clock);
  tellPassing(bus, 'heddle.>', stream, clock);
  return {
    clock,
    bus,
    frames,
    stream,
    take: () => {
      for (const taken of waiting.splice(0)) taken();
    },
  };
}

test('what is not shown is counted; what is too much is not listened to, and the numbers say that they are too low', async () => {
  const { clock, bus, frames, stream, take } = await watcher();
  for (let at = 0; at < 80; at += 1) bus.publish('heddle.tasks.dead_letter', `{"at":${at}}`);
  await bus.flush();
  await clock.advance(250);
  const [first] = frames as { messages: number; left_out: number; shown: unknown[]; whole: boolean }[];
  assert.deepEqual([first?.messages, first?.left_out, first?.shown.length, first?.whole], [80, 30, 50, true]);
  take();
  for (let at = 0; at < 3_000; at += 1) bus.publish('heddle.other', 'x');
  await bus.flush();
  await clock.advance(250);
  assert.deepEqual([frames[1]?.messages, frames[1]?.whole], [1_000, false]);
  bus.publish('heddle.other', 'y');
  await bus.flush();
  await clock.advance(250);
  assert.deepEqual([frames[2]?.messages, frames[2]?.whole], [1, true], 'it listens again');
  take();
  stream.close();
  await turn();
  bus.publish('heddle.other', 'z');
  await bus.flush();
  await clock.advance(1_000);
  assert.equal(frames.length, 3, 'nothing is told any more');
  await bus.close();
});

test('a reader who does not read costs no more than his bound, and has every number when he does', async () => {
  const { clock, bus, frames, stream, take } = await watcher();
  const text = 'x'.repeat(4_000);
  for (let tick = 0; tick < 40; tick += 1) {
    for (let at = 0; at < 50; at += 1) bus.publish('heddle.other', text);
    await bus.flush();
    await clock.advance(250);
  }
  assert.ok(stream.unsent.bytes < 512 * 1024, `${stream.unsent.bytes} bytes wait`);
  assert.equal(stream.isOpen, true);
  take();
  bus.publish('heddle.other', text);
  await bus.flush();
  await clock.advance(250);
  const told = frames.reduce((sum, { messages }) => sum + Number(messages), 0);
  assert.equal(told, 40 * 50 + 1);
  stream.close();
  await bus.close();
});

test('messages that are cut, half or no text are shown as far as they are text', async () => {
  const { clock, bus, frames, stream } = await watcher();
  bus.publish('heddle.tasks.incoming', '{"task_id":"\\ud800","worker_type":"<b>","payload":{}}');
  bus.publish('heddle.results.default', Buffer.from([0x7b, 0xed, 0xa0, 0x80, 0xff, 0x00]));
  bus.publish('heddle.goals.incoming', `{"goal_id":"g","instruction":"${'ü'.repeat(2_000)}"}`);
  await bus.flush();
  await clock.advance(250);
  const [frame] = frames as { shown: { kind: string; text: string; cut: boolean }[] }[];
  assert.deepEqual(
    frame?.shown.map(({ kind, cut }) => [kind, cut]),
    [
      ['tasks', false],
      ['other', false],
      ['goals', true],
    ],
  );
  assert.ok(frame?.shown.every(({ text }) => !/\p{Cs}/u.test(text)));
  stream.close();
  await bus.close();
});

test('many who ask at once are answered by one look, and a look that failed is no answer for the next', async () => {
  const clock = createFakeClock();
  let looks = 0;
  const shared = new Shared(
    async () => {
      looks += 1;
      if (looks === 2) throw new Error('away');
      return looks;
    },
    clock,
    1_000,
  );
  assert.deepEqual(await Promise.all([shared.get(), shared.get()]), [1, 1]);
  await clock.advance(900);
  assert.equal(await shared.get(), 1);
  await clock.advance(200);
  await assert.rejects(shared.get(), /away/);
  assert.equal(await shared.get(), 3);
  shared.forget();
  assert.equal(await shared.get(), 4);
});

test('a group is looked at, planned and sent again, each letter once', { skip: skipWithoutNatsServer() }, async (t) => {
  const { server, cli, bus } = await keptBus(t);
  const transport = await connect({ servers: [server.url], reconnect: true });
  t.after(() => transport.close());
  const gateway = await startGateway(t, transport, CONFIG, { env: ENV, words: adviceText });
  const groups = async () => await bodyOf(await gateway.ask('/v1/dead-letters/groups', as(OTHER)));
  const none = await groups();
  assert.deepEqual([none.kept, /heddle-ts dead-letter enable/.test(String(none.hint))], [false, true]);
  await cli('dead-letter', 'enable');
  const incoming: string[] = [];
  for (const id of ['t-1', 't-2', 't-3']) bus.publish('heddle.tasks.dead_letter', refusal(id));
  await bus.flush();
  let found = await groups();
  while (found.total !== 3) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await groups();
  }
  const [{ group } = { group: '' }] = found.groups as { group: string }[];
  const replay = async (json: unknown) =>
    await gateway.ask(`/v1/dead-letters/groups/${group}/replay`, { ...as(TOKEN), json });
  const planned = await bodyOf(await replay({ dry_run: true }));
  assert.deepEqual([(planned.plan as { selected: number }).selected, planned.end], [3, null]);
  const unheard = (await bodyOf(await replay({ limit: 1 }))).end as Record<string, unknown>;
  assert.deepEqual([unheard.state, unheard.unheard_on], ['stopped', 'heddle.tasks.incoming'], 'there is no router yet');
  bus.subscribe('heddle.tasks.incoming', ({ data }) => incoming.push(JSON.parse(Buffer.from(data).toString()).task_id));
  await bus.flush();
  const one = (await bodyOf(await replay({ limit: 1 }))).end as { counts: { sent: number } };
  assert.equal(one.counts.sent, 1);
  const rest = (await bodyOf(await replay({}))).end as { counts: { sent: number }; ok: boolean };
  assert.deepEqual([rest.counts.sent, rest.ok], [2, true]);
  await bus.flush();
  assert.deepEqual(incoming, ['t-1', 't-2', 't-3']);
  const over = await bodyOf(await replay({}));
  assert.deepEqual([over.end, (over.plan as { selected: number }).selected], [null, 0]);
  const operations = await cli('dead-letter', 'replay', 'list');
  assert.match(operations.stdout, /ops/, 'the journal says who did it');
  const unknown = await gateway.ask('/v1/dead-letters/groups/nothing/replay', { ...as(TOKEN), json: {} });
  assert.deepEqual([unknown.status, (await bodyOf(unknown)).code], [404, 'unknown_group']);
  for (const json of [{ limit: 0 }, { limit: 1_001 }, { dry_run: 'no' }, []]) {
    assert.equal((await replay(json)).status, 422, JSON.stringify(json));
  }
});
