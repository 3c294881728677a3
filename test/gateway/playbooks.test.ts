import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../src/transport/transport.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf, until } from '../http/raw.ts';
import { actors, goalTaker, keepingBus } from './bus.ts';
import { listen } from './sse.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from './start.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const BRINGER = 'a-token-of-whoever-runs-playbooks';
const OTHER = 'a-token-of-somebody-else-entirely';
const env = { T: TOKEN, B: BRINGER, O: OTHER };
const TEXT = `auth: {tokens: [{id: spa, env: T, scopes: [submit, events]}, {id: runner, env: B, scopes: [callback]}, {id: other, env: O, scopes: [submit, events]}]}
public_url: https://gw.example.com
updates: {subject_prefix: "playbooks.executions."}
playbooks:
  orders/ship: {to: goal, instruction: "Ship {workload} for {/user/user_id}"}
  orders/echo: {to: task, worker_type: echo}
  orders/slow: {to: task, worker_type: nobody, payload: {at: {ref: /callback_url}, id: {ref: /request_id}, n: {ref: /workload/n}}}
`;
const own = { authorization: `Bearer ${TOKEN}` };
const EXECUTE =
  'mutation Go($path: String, $w: JSON, $c: String) { executePlaybook(path: $path, workload: $w, clientId: $c) { id executionId requestId name status textOutput } }';

interface Started {
  executionId: string;
  requestId: string;
  name: string;
  status: string;
}

async function graphql(
  gateway: TestGateway,
  query: string,
  variables: object = {},
  headers: Record<string, string> = own,
) {
  const response = await gateway.ask('/graphql', { json: { query, variables }, headers });
  return {
    status: response.status,
    ...((await bodyOf(response)) as {
      data?: Record<string, unknown>;
      errors?: { message: string; extensions?: { code?: string } }[];
    }),
  };
}

async function execute(gateway: TestGateway, path: string, w: object = {}, c?: string): Promise<Started> {
  const { data, errors } = await graphql(gateway, EXECUTE, { path, w, c });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data?.executePlaybook as Started;
}

const bring = (gateway: TestGateway, json: object, path = '', token: string | undefined = BRINGER): Promise<Response> =>
  gateway.ask(`/api/internal/callback${path}`, {
    json,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

async function open(
  t: TestContext,
  home: 'memory' | 'jetstream',
): Promise<{ bus: Transport; gateways: TestGateway[] }> {
  const connect =
    home === 'jetstream' ? (await keepingBus(t)).connect : (await (BUSES[0] ?? assert.fail()).start(t)).connect;
  const bus = await connect();
  const gateways: TestGateway[] = [];
  for (let at = 0; at < (home === 'jetstream' ? 2 : 1); at += 1)
    gateways.push(await startGateway(t, await connect({ reconnect: true }), TEXT, { env }));
  return { bus, gateways };
}

for (const home of ['memory', 'jetstream'] as const) {
  test(`in ${home}: playbooks are started, and told by the bus and over HTTP`, {
    skip: home === 'jetstream' && skip,
  }, async (t) => {
    const { bus, gateways } = await open(t, home);
    const [gateway, other = gateway] = gateways as [TestGateway, TestGateway?];
    await actors(t, bus);
    const goals = await goalTaker(bus);
    const tasks: Record<string, unknown>[] = [];
    bus.subscribe(
      'heddle.tasks.nobody.standard',
      ({ data }) => void tasks.push(JSON.parse(Buffer.from(data).toString()).payload),
    );
    await bus.flush();
    const stream = await listen(t, `${other.url}/events?client_id=c`, own);
    await stream.until('it is greeted', (frames) => frames.length === 2);
    const capabilities = (stream.frames[0]?.data.result as { capabilities?: unknown } | undefined)?.capabilities;
    assert.deepEqual(capabilities, { playbooks: true, callbacks: true, subscriptions: false, playbookState: true });
    const params = (event: string) => stream.of(event).map(({ data }) => data.params as Record<string, unknown>);

    const goal = await execute(gateway, 'orders/ship', { order: 12 }, 'c');
    assert.deepEqual([goal.name, goal.status], ['orders/ship', 'accepted']);
    await stream.until('the goal is told', () => params('playbook/result').length === 1);
    assert.equal(goals[0]?.instruction, 'Ship {"order":12} for spa');
    const [{ data: output, ...result } = {}] = params('playbook/result');
    assert.deepEqual(result, {
      requestId: goal.requestId,
      executionId: goal.executionId,
      status: 'completed',
      dataOmitted: false,
    });
    assert.deepEqual((output as { workload?: unknown }).workload, { order: 12 });
    const states = params('playbook/state').map((each) => [each.execution_id, each.event_type, each.step_name]);
    assert.deepEqual(states, [
      [goal.executionId, 'step.exit', 'a'],
      [goal.executionId, 'playbook.completed', null],
    ]);

    const slow = await execute(gateway, 'orders/slow', { n: 7 }, 'c');
    await until('it is on the bus', () => tasks.length === 1);
    assert.deepEqual(tasks[0], { at: 'https://gw.example.com/api/internal/callback', id: slow.requestId, n: 7 });
    stream.close();
    const brought = await bring(other, { request_id: slow.requestId, status: 'completed', data: { big: 1 } }, '/async');
    assert.deepEqual(await bodyOf(brought), { status: 'kept', request_id: slow.requestId, duplicate: false });
    const again = await bring(gateway, { request_id: slow.requestId, status: 'completed', data: { big: 1 } });
    assert.deepEqual([again.status, (await bodyOf(again)).duplicate], [200, true]);
    const changed = await bring(gateway, { request_id: slow.requestId, status: 'failed', data: { big: 2 } });
    assert.deepEqual([changed.status, (await problemOf(changed)).code], [409, 'already_answered']);
    const back = await listen(t, `${gateway.url}/events?client_id=c`, { ...own, 'last-event-id': stream.lastId ?? '' });
    await back.until('it is told when it is back', () => back.of('playbook/result').length === 1);
    // What a worker answers after that counts no more.
    const late = {
      task_id: slow.executionId,
      parent_task_id: slow.requestId,
      worker_type: 'nobody',
      status: 'completed',
      output: {},
      processing_time_ms: 1,
    };
    bus.publish(`heddle.results.${slow.requestId}`, JSON.stringify(late));
    // And what is said of the execution still finds its client.
    bus.publish(
      `playbooks.executions.${slow.executionId}.step.exit`,
      JSON.stringify({ step_name: 'pack', status: 'ok' }),
    );
    bus.publish(
      `playbooks.executions.${slow.executionId}.step.exit`,
      JSON.stringify({ step_name: 'pack', status: 'ok' }),
    );
    bus.publish(`playbooks.executions.${slow.executionId}.playbook.completed`, '{}');
    bus.publish('playbooks.executions.unknown.step.exit', '{}');
    await bus.flush();
    const stated = () => back.of('playbook/state').map(({ data }) => data.params as Record<string, unknown>);
    await back.until('the states are told', () => stated().length === 4);
    assert.deepEqual(
      stated().map((each) => [each.event_type, each.step_name]),
      [
        ['playbook.completed', null],
        ['step.exit', 'pack'],
        ['step.exit', 'pack'],
        ['playbook.completed', null],
      ],
    );
    assert.equal(back.of('playbook/result').length, 1);
    const shown = await bodyOf(await gateway.ask(`/v1/requests/${slow.requestId}`, { headers: own }));
    assert.deepEqual([shown.state, shown.status, shown.result], ['done', 'completed', { big: 1 }]);

    const failing = await execute(gateway, 'orders/echo', { fail: true }, 'c');
    await back.until('its failure is told', () => back.of('playbook/result').length === 2);
    const failed = back.of('playbook/result')[1]?.data.params as {
      requestId: string;
      status: string;
      error: { code: number; message: string };
    };
    assert.deepEqual([failed.requestId, failed.status, failed.error.code], [failing.requestId, 'failed', -32000]);
    assert.match(failed.error.message, /as it was told/);

    // Somebody else of the same principal asks to be told, and a stranger cannot.
    const watching = await listen(t, `${other.url}/v1/events?client_id=watcher`, own);
    const watched = await execute(gateway, 'orders/slow', { n: 8 }, 'c');
    const SUBSCRIBE =
      'mutation ($e: ID!, $c: String!) { subscribeToExecution(executionId: $e, clientId: $c) { executionId } }';
    const done = await graphql(gateway, SUBSCRIBE, { e: watched.executionId, c: 'watcher' });
    assert.equal(done.errors, undefined);
    const stranger = await graphql(
      gateway,
      SUBSCRIBE,
      { e: watched.executionId, c: 'stranger' },
      { authorization: `Bearer ${OTHER}` },
    );
    assert.equal(stranger.errors?.[0]?.extensions?.code, 'unknown_request');
    bus.publish(`playbooks.executions.${watched.executionId}.step.exit`, JSON.stringify({ step_name: 'x' }));
    await watching.until('the watcher is told', () => watching.of('playbook/state').length === 1);
  });
}

test('callbacks: each a true answer, whoever brings what', async (t) => {
  const { bus, gateways } = await open(t, 'memory');
  const gateway = gateways[0] ?? assert.fail();
  bus.subscribe(
    'heddle.tasks.incoming',
    ({ data }) => {
      // As early as can be: before the client has the answer to its request.
      const { parent_task_id: id, worker_type: type } = JSON.parse(Buffer.from(data).toString());
      if (type === 'nobody') void bring(gateway, { request_id: id, status: 'success', data: { early: true } });
    },
    { queue: 'router' },
  );
  await bus.flush();
  const stream = await listen(t, `${gateway.url}/events?client_id=c`, own);
  const early = await execute(gateway, 'orders/slow', { n: 1 }, 'c');
  await stream.until('it is told', () => stream.of('playbook/result').length === 1);
  const told = stream.of('playbook/result')[0]?.data.params as Record<string, unknown>;
  assert.deepEqual([told.requestId, told.status, told.data], [early.requestId, 'success', { early: true }]);
  const codes = async (response: Response) => [response.status, (await problemOf(response)).code];
  assert.deepEqual(await codes(await bring(gateway, { request_id: 'gw-nobody' })), [404, 'unknown_request']);
  assert.deepEqual(await codes(await bring(gateway, { request_id: '../x' })), [422, 'invalid_message']);
  assert.deepEqual(await codes(await bring(gateway, { request_id: early.requestId }, '', '')), [
    401,
    'unauthenticated',
  ]);
  assert.deepEqual(await codes(await bring(gateway, { request_id: early.requestId }, '', TOKEN)), [403, 'forbidden']);
  const large = await bring(gateway, { request_id: early.requestId, data: 'x'.repeat(10_000_000) });
  assert.deepEqual(await codes(large), [413, 'body_too_large']);
  // What is no playbook is answered over the bus alone.
  const task = await gateway.ask('/v1/tasks', { json: { worker_type: 'echo', payload: {} }, headers: own });
  const { request_id: id } = await bodyOf(task);
  assert.deepEqual(await codes(await bring(gateway, { request_id: id, data: 1 })), [404, 'unknown_request']);
});

test('GraphQL: what is refused, and within which bounds', async (t) => {
  const { bus, gateways } = await open(t, 'memory');
  const gateway = gateways[0] ?? assert.fail();
  const simple = await graphql(gateway, '{ health version }');
  assert.deepEqual([simple.status, simple.data?.health], [200, 'ok']);
  const unheard = await graphql(gateway, EXECUTE, { path: 'orders/echo' });
  assert.equal(unheard.errors?.[0]?.extensions?.code, 'nobody_listens');
  await actors(t, bus);
  const refusals: readonly (readonly [query: string, status: number, variables?: object])[] = [
    ['{ health ', 400],
    ['{ nothing }', 400],
    [`{ ${'a: health '.repeat(600)} }`, 400],
    [`{ ${Array.from({ length: 11 }, (_, at) => `a${at}: health`).join(' ')} }`, 400],
    [`{ ${'__schema { types { '.repeat(10)}name${' } }'.repeat(10)} }`, 400],
    ['query A { health } query B { version }', 400],
    [EXECUTE, 400, { path: 7 }],
    [`{ ${'x'.repeat(17_000)} }`, 422],
  ];
  for (const [query, status, variables] of refusals) {
    assert.equal((await graphql(gateway, query, variables)).status, status, query.slice(0, 60));
  }
  const unknown = await graphql(gateway, EXECUTE, { path: 'orders/none' });
  assert.equal(unknown.errors?.[0]?.extensions?.code, 'unknown_playbook');
  const inQuery = await graphql(
    gateway,
    'mutation { executePlaybook(name: "orders/echo", variables: {a: [1, "b"]}) { requestId } }',
  );
  assert.equal(inQuery.errors, undefined, JSON.stringify(inQuery.errors));
  const stream = await listen(t, `${gateway.url}/v1/events`, own);
  const text = `{"query":${JSON.stringify(EXECUTE)},"variables":{"path":"orders/echo","w":{"n":12345678901234567890}}}`;
  await gateway.ask('/graphql', {
    body: text,
    headers: { ...own, 'content-type': 'application/json' },
    method: 'POST',
  });
  await stream.until('it is told', () => stream.of('playbook/result').length === 1);
  const rest = await gateway.ask('/v1/playbooks', { json: { path: 'orders/echo', workload: { n: 1 } }, headers: own });
  assert.equal(rest.status, 202);
  const none = await gateway.ask('/v1/playbooks', { json: { path: 'none' }, headers: own });
  assert.deepEqual([none.status, (await problemOf(none)).code], [404, 'unknown_playbook']);
  assert.equal((await gateway.ask('/graphql', { json: { query: '{ health }' } })).status, 401);
});
