import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkSchema } from '../../src/contract/schema-verdict.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf, until } from '../http/raw.ts';
import { actors, goalTaker, keepingBus } from './bus.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from './start.ts';

noLeaks();

type Kind = {
  name: string;
  skip: string | false;
  start: (t: TestContext) => Promise<{ connect: (options?: object) => Promise<Transport> }>;
};
const KINDS: readonly Kind[] = [
  ...BUSES.map((bus) => ({ ...bus, name: `memory, ${bus.name}` })),
  { name: 'JetStream', skip: skipWithoutNatsServer(), start: keepingBus },
];

const task = (payload: object, more: object = {}): object => ({ worker_type: 'echo', payload, ...more });

async function done(
  gateway: TestGateway,
  id: unknown,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await bodyOf(await gateway.ask(`/v1/requests/${id}`, { headers }));
    if (found.state === 'done') return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${id} has no answer`);
}

for (const { name, skip, start } of KINDS) {
  test(`${name}: a task and a goal, waited for, or looked up`, { skip }, async (t) => {
    const { connect } = await start(t);
    const bus = await connect();
    await actors(t, bus);
    const goals = await goalTaker(bus);
    const seen = await gather(await connect(), 'heddle.tasks.incoming');
    const gateway = await startGateway(t, await connect({ reconnect: true }));

    const waited = await gateway.ask('/v1/tasks', {
      body: '{"worker_type":"echo","payload":{"big":12345678901234567890,"one":1.0},"metadata":{"payload":{}},"surplus":1}',
      headers: { prefer: 'respond-async, wait=5', 'content-type': 'application/json', 'heddle-request-id': 'r-1' },
    });
    const text = await waited.text();
    assert.equal(waited.status, 200, text);
    assert.deepEqual(
      ['heddle-task-status', 'preference-applied', 'heddle-request-id', 'content-type'].map((header) =>
        waited.headers.get(header),
      ),
      ['completed', 'wait=5', 'r-1', 'application/json'],
    );
    assert.match(
      seen.messages[0]?.text ?? '',
      /"payload":\{"big":12345678901234567890,"one":1\.0\}/,
      'no digit is lost',
    );
    const sent = JSON.parse(seen.messages[0]?.text ?? '{}') as Record<string, unknown>;
    assert.deepEqual(checkSchema('task_message', sent), []);
    assert.deepEqual([sent.request_id, sent.surplus, sent.metadata], ['r-1', undefined, { payload: {} }]);
    assert.equal(waited.headers.get('traceparent'), (sent._trace_context as { traceparent: string }).traceparent);

    const failed = await gateway.ask('/v1/tasks', { json: task({ fail: true }), headers: { prefer: 'wait=5' } });
    assert.deepEqual([failed.status, failed.headers.get('heddle-task-status')], [200, 'failed']);
    assert.equal((await bodyOf(failed)).error, 'as it was told');

    const accepted = await gateway.ask('/v1/tasks', { json: task({ n: 2 }) });
    const answer = await bodyOf(accepted);
    assert.deepEqual(
      [accepted.status, answer.listener, answer.status_url],
      [202, 'seen', accepted.headers.get('location')],
    );
    const found = await done(gateway, answer.request_id);
    assert.deepEqual([found.status, found.task_id, found.worker_type], ['completed', answer.task_id, 'echo']);
    assert.deepEqual((found.result as { output: unknown }).output, { n: 2 });

    const goal = await gateway.ask('/v1/goals', {
      json: { instruction: 'Do it', context: { a: 1 }, priority: 'high' },
      headers: { prefer: 'wait=5' },
    });
    assert.deepEqual([goal.status, (await bodyOf(goal)).output], [200, { a: 1 }], 'and no stage of it');
    assert.deepEqual([goals[0]?.instruction, goals[0]?.priority], ['Do it', 'high']);
    assert.deepEqual(checkSchema('orchestrator_goal', goals[0]), []);
  });

  test(`${name}: an idempotency key`, { skip }, async (t) => {
    const { connect } = await start(t);
    await actors(t, await connect(), 150);
    const seen = await gather(await connect(), 'heddle.tasks.incoming');
    const gateway = await startGateway(t, await connect({ reconnect: true }));
    const send = (payload: object, key: string, prefer = '') =>
      gateway.ask('/v1/tasks', { json: task(payload), headers: { 'idempotency-key': key, ...(prefer && { prefer }) } });
    const first = await send({ n: 1 }, 'k');
    const again = await send({ n: 1 }, 'k');
    assert.deepEqual([first.status, again.status], [202, 202]);
    assert.deepEqual(
      [first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')],
      [null, 'true'],
    );
    assert.deepEqual(await bodyOf(again), await bodyOf(first), 'the same answer');
    const other = await send({ n: 2 }, 'k');
    assert.deepEqual([other.status, (await problemOf(other)).code], [422, 'idempotency_key_reused']);

    const waiting = send({ n: 3 }, 'w', 'wait=5');
    await until('it is under way', () => seen.messages.length === 2);
    const early = await send({ n: 3 }, 'w');
    assert.deepEqual([early.status, early.headers.get('retry-after')], [409, '1']);
    assert.equal((await problemOf(early)).code, 'idempotency_key_running');
    assert.equal((await waiting).status, 200);
    const later = await send({ n: 3 }, 'w', 'wait=5');
    assert.deepEqual([later.status, await later.text()], [200, await (await waiting).text()]);

    const unanswered = await send({ n: 4 }, 'v');
    const joined = await Promise.all([send({ n: 4 }, 'v', 'wait=5')]);
    assert.deepEqual(
      [unanswered.status, joined[0]?.status],
      [202, 200],
      'a replay may wait for what the first did not',
    );
    await seen.count(3);
    assert.equal(seen.messages.length, 3, 'each was sent once');
    for (const key of ['', 'a\u00e4', 'x'.repeat(256)]) {
      const bad = await send({}, key);
      if (key === '') assert.equal(bad.status, 400, 'an empty key is none');
      else assert.equal((await problemOf(bad)).code, 'invalid_idempotency_key');
    }
  });

  test(`${name}: forgetting a request`, { skip }, async (t) => {
    const { connect } = await start(t);
    await actors(t, await connect());
    const gateway = await startGateway(t, await connect({ reconnect: true }));
    const { request_id: id } = await bodyOf(await gateway.ask('/v1/tasks', { json: task({}) }));
    await done(gateway, id);
    assert.equal((await gateway.ask(`/v1/requests/${id}`, { method: 'DELETE' })).status, 204);
    const gone = await gateway.ask(`/v1/requests/${id}`);
    assert.deepEqual([gone.status, (await problemOf(gone)).code], [410, 'request_forgotten']);
    for (const unknown of ['gw-nothing', 'x', '..', '*', '%3E', 'gw-a%2Eb', 'gw-%00']) {
      const response = await gateway.ask(`/v1/requests/${unknown}`);
      assert.equal((await problemOf(response)).status, 404, unknown);
    }
  });
}

const BUS = BUSES[0]!;

test('everything that is wrong with a body is told at once, and nothing is sent', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), '>');
  const gateway = await startGateway(t, await connect({ reconnect: true }), 'kind: gateway\n', {
    inputs: new Map([['ocr', { type: 'object', required: ['page'], properties: { page: { type: 'integer' } } }]]),
  });
  for (const [path, body, pointers] of [
    ['/v1/tasks', '{}', ['/worker_type', '/payload']],
    [
      '/v1/tasks',
      '{"worker_type":1,"payload":[],"priority":"now","model_tier":"gpu"}',
      ['/payload', '/worker_type', '/priority', '/model_tier'],
    ],
    ['/v1/tasks', '{"worker_type":"a..b","payload":{}}', ['/worker_type']],
    ['/v1/tasks', '{"worker_type":"a b>*","payload":{}}', ['/worker_type']],
    [
      '/v1/tasks',
      '{"worker_type":"a","payload":{},"task_id":"x","parent_task_id":"heddle.>"}',
      ['/task_id', '/parent_task_id'],
    ],
    ['/v1/tasks', '[]', ['']],
    ['/v1/tasks', '{"worker_type":"ocr","payload":{}}', ['/payload']],
    ['/v1/tasks', '{"worker_type":"ocr","payload":{"page":1.0}}', ['/payload']],
    ['/v1/tasks', `{"worker_type":"a","payload":{"n":${'9'.repeat(5000)}}}`, ['/payload']],
    ['/v1/goals', '{"goal_id":"x"}', ['/instruction', '/goal_id']],
    ['/v1/goals', '{"instruction":7}', ['/instruction']],
  ] as const) {
    const shown = await problemOf(await gateway.ask(path, { body, headers: { 'content-type': 'application/json' } }));
    assert.deepEqual([shown.status, shown.code], [422, 'invalid_message'], body);
    const found = (shown.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    assert.deepEqual(new Set(found), new Set(pointers), body);
  }
  for (const [body, type, code] of [
    ['{', 'application/json', 'invalid_json'],
    ['{"a":1}x', 'application/json', 'invalid_json'],
    ['', 'application/json', 'invalid_json'],
    ['{}', 'text/plain', 'unsupported_media_type'],
    [`{"a":${'['.repeat(70)}${']'.repeat(70)}}`, 'application/json', 'json_too_complex'],
    [`{${Array.from({ length: 10_001 }, (_, at) => `"k${at}":1`).join()}}`, 'application/json', 'json_too_complex'],
  ] as const) {
    const response = await gateway.ask('/v1/tasks', { method: 'POST', body, headers: { 'content-type': type } });
    assert.equal((await problemOf(response)).code, code, body.slice(0, 30));
  }
  assert.deepEqual(
    seen.messages.filter(({ subject }) => subject.startsWith('heddle.')),
    [],
  );
});

test('members named like parts of JavaScript are data', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect());
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  const response = await gateway.ask('/v1/tasks', {
    body: '{"worker_type":"echo","payload":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"7":1}}',
    headers: { prefer: 'wait=5', 'content-type': 'application/json' },
  });
  assert.match(await response.text(), /"__proto__":\{"polluted":1\}/);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('a wait that is too short is 202 with the place to look; one that is too long is cut', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect(), 1_300);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    'limits: {wait_s: 1}\nlisten: 127.0.0.1:0\n',
  );
  const response = await gateway.ask('/v1/tasks', { json: task({}), headers: { prefer: 'wait=1000' } });
  assert.deepEqual([response.status, response.headers.get('preference-applied')], [202, 'wait=1']);
  const found = await done(gateway, (await bodyOf(response)).request_id);
  assert.equal(found.status, 'completed');
});

test('of a wait that is over nothing is held by what lives on', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect());
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  const signals: WeakRef<EventTarget>[] = [];
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (...given) {
    if (given[0] === 'abort') signals.push(new WeakRef(this));
    listen.apply(this, given);
  };
  t.after(() => {
    EventTarget.prototype.addEventListener = listen;
  });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = async (): Promise<number> => {
    for (let turns = 0; turns < 5; turns += 1) {
      await pause(10);
      collect();
    }
    return new Set(signals.map((signal) => signal.deref()).filter((signal) => signal !== undefined)).size;
  };
  const wait = async (): Promise<void> => {
    const response = await gateway.ask('/v1/tasks', { json: task({}), headers: { prefer: 'wait=5' } });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  };
  await wait();
  const before = await held();
  for (let times = 0; times < 40; times += 1) await wait();
  assert.ok(signals.length > 40, 'waits listen');
  const after = await held();
  assert.ok(after < before + 20, `${before} signals are held after one wait, ${after} after forty more`);
});

test('what the router refuses is told to who waits, and to who looks later', async (t) => {
  const { connect } = await BUS.start(t);
  const router = await connect();
  let reason = 'unknown_tier: gpu';
  router.subscribe('heddle.tasks.incoming', ({ data }) => {
    const original = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>;
    const letter = { reason, original_task: original, task_id: original.task_id, worker_type: original.worker_type };
    router.publish('heddle.tasks.dead_letter', JSON.stringify(letter));
  });
  await router.flush();
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  const refused = await gateway.ask('/v1/tasks', { json: task({}), headers: { prefer: 'wait=5' } });
  const shown = await problemOf(refused);
  assert.deepEqual([shown.status, shown.code, shown.retryable], [502, 'router_refused', false]);
  assert.match(shown.detail ?? '', /unknown_tier: gpu/);
  const { request_id: id } = await bodyOf(await gateway.ask('/v1/tasks', { json: task({}) }));
  const found = await done(gateway, id);
  assert.deepEqual([found.status, found.reason, found.result], ['refused', 'unknown_tier: gpu', null]);
  reason = 'rate_limited: local';
  const keyed = { json: task({}), headers: { prefer: 'wait=5', 'idempotency-key': 'k' } };
  const busy = await gateway.ask('/v1/tasks', keyed);
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '5']);
  assert.equal((await problemOf(busy)).code, 'router_busy');
  const again = await gateway.ask('/v1/tasks', keyed);
  assert.equal((await problemOf(again)).code, 'router_busy', 'the key is not used up: it was sent again');
});

test('an answer that is no result is 502', async (t) => {
  const { connect } = await BUS.start(t);
  const worker = await connect();
  worker.subscribe('heddle.tasks.incoming', ({ data }) => {
    const { task_id, parent_task_id } = JSON.parse(Buffer.from(data).toString()) as Record<string, string>;
    worker.publish(`heddle.results.${parent_task_id}`, JSON.stringify({ task_id, status: 'odd' }));
  });
  await worker.flush();
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  const response = await gateway.ask('/v1/tasks', { json: task({}), headers: { prefer: 'wait=5' } });
  assert.equal((await problemOf(response)).code, 'answer_unreadable');
});

test('a result that is too large to be kept is said to be left out; who waits has it', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect());
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    'listen: 127.0.0.1:0\nstore: {result_bytes: 1024}\n',
  );
  const large = { text: 'x'.repeat(5000) };
  const waited = await gateway.ask('/v1/tasks', { json: task(large), headers: { prefer: 'wait=5' } });
  assert.deepEqual((await bodyOf(waited)).output, large);
  const { request_id: id } = await bodyOf(await gateway.ask('/v1/tasks', { json: task(large) }));
  const found = await done(gateway, id);
  assert.deepEqual([found.status, found.result, found.result_omitted], ['completed', null, true]);
  assert.ok(Number(found.result_bytes) > 5000);
});

test('whose a request is: the token that sent it, or one with the scope admin', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect());
  const text = `auth:
  tokens:
    - {id: one, env: ONE, scopes: [submit]}
    - {id: two, env: TWO, scopes: [submit]}
    - {id: boss, env: BOSS, scopes: [submit, admin]}
    - {id: looker, env: LOOKER, scopes: [metrics]}
`;
  const env = { ONE: `${TOKEN}-1`, TWO: `${TOKEN}-2`, BOSS: `${TOKEN}-3`, LOOKER: `${TOKEN}-4` };
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, { env });
  const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const send = (headers: Record<string, string>, key?: string) =>
    gateway.ask('/v1/tasks', { json: task({}), headers: { ...headers, ...(key && { 'idempotency-key': key }) } });
  const none = await send({});
  assert.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Bearer realm="heddle"']);
  assert.equal((await send(as('wrong-token-of-some-length'))).status, 401);
  const forbidden = await send(as(env.LOOKER));
  assert.deepEqual([forbidden.status, (await problemOf(forbidden)).code], [403, 'forbidden']);
  const mine = await bodyOf(await send(as(env.ONE), 'k'));
  const theirs = await bodyOf(await send(as(env.TWO), 'k'));
  assert.notEqual(mine.request_id, theirs.request_id, "a key is its owner's");
  const look = async (token: string) =>
    (await gateway.ask(`/v1/requests/${mine.request_id}`, { headers: as(token) })).status;
  assert.deepEqual(await Promise.all([env.ONE, env.TWO, env.BOSS, env.LOOKER].map(look)), [200, 404, 200, 403]);
  const drop = await gateway.ask(`/v1/requests/${mine.request_id}`, { method: 'DELETE', headers: as(env.TWO) });
  assert.equal(drop.status, 404);
});
