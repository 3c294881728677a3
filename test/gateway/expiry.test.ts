import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { wireTime } from '../../src/contract/wire-time.ts';
import { GatewayBus } from '../../src/gateway/bus.ts';
import { Listeners } from '../../src/gateway/listeners.ts';
import { Intake } from '../../src/gateway/requests/intake.ts';
import { orderOf, traceFrom } from '../../src/gateway/requests/order.ts';
import type { RequestRecord } from '../../src/gateway/requests/record.ts';
import { RequestStore } from '../../src/gateway/requests/store.ts';
import { Waits } from '../../src/gateway/requests/waits.ts';
import type { Problem } from '../../src/http/problem.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { bodyOf, startGateway, type TestGateway } from './start.ts';

noLeaks();

const MINUTE_MS = 60_000;

async function gatewayWithClock(t: TestContext): Promise<{
  gateway: TestGateway;
  clock: ReturnType<typeof createFakeClock>;
}> {
  const clock = createFakeClock();
  const bus = createMemoryBus();
  t.after(() => bus.close());
  const router = await bus.connect();
  router.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  const gateway = await startGateway(t, await bus.connect(), 'store: {kind: memory, ttl_s: 60}\n', { clock });
  return { gateway, clock };
}

const RECORD: Omit<RequestRecord, 'id' | 'answer'> = {
  kind: 'task',
  message_id: 'm',
  worker_type: 'echo',
  owner: 'somebody',
  body_hash: null,
  state: 'done',
  until: null,
  listener: 'seen',
  traceparent: null,
  created_at: '2026-01-01T12:00:00.000Z',
};
const TASK = { worker_type: 'echo', payload: {} };

test('an expired request is known as one for a while, then it may have been one', async (t) => {
  const { gateway, clock } = await gatewayWithClock(t);
  const { request_id: id } = await bodyOf(await gateway.ask('/v1/tasks', { json: TASK }));
  const ask = async () => {
    const response = await gateway.ask(`/v1/requests/${String(id)}`);
    const { code, detail } = await bodyOf(response);
    return { status: response.status, code, detail };
  };
  await clock.advance(MINUTE_MS - 1);
  assert.equal((await ask()).status, 200);
  await clock.advance(1);
  assert.deepEqual(await ask(), {
    status: 410,
    code: 'request_expired',
    detail: 'this request and its answer were kept until 2026-01-01T12:01:00.000Z',
  });
  assert.equal((await gateway.ask(`/v1/requests/${String(id)}`, { method: 'DELETE' })).status, 410);
  await clock.advance(MINUTE_MS);
  assert.deepEqual(await ask(), {
    status: 404,
    code: 'unknown_request',
    detail: 'there is no such request here; it may have expired: a request and its answer are kept for 60 s',
  });
});

test('a key whose request has expired may be used anew, for another body too', async (t) => {
  const { gateway, clock } = await gatewayWithClock(t);
  const send = async (n: number) => {
    const headers = { 'idempotency-key': 'one' };
    const response = await gateway.ask('/v1/tasks', { json: { ...TASK, payload: { n } }, headers });
    return { status: response.status, replayed: response.headers.get('idempotent-replayed') };
  };
  assert.deepEqual(await send(1), { status: 202, replayed: null });
  assert.deepEqual(await send(1), { status: 202, replayed: 'true' });
  assert.equal((await send(2)).status, 422);
  await clock.advance(MINUTE_MS);
  assert.deepEqual(await send(2), { status: 202, replayed: null });
});

test('of what has expired the answer is let go: a store that was full has room, and still knows whose it was', async () => {
  const clock = createFakeClock();
  const bus = await createMemoryBus().connect();
  const options = { name: 'small', kind: 'memory', lifetimesS: [60], replicas: 1, resultBytes: 1024 * 1024 } as const;
  const store = await RequestStore.open(bus, options, clock);
  const result = JSON.stringify({ output: 'x'.repeat(1024 * 1024 - 100) });
  const answer = {
    status: 'completed',
    at: wireTime(clock.now()),
    reason: null,
    bytes: result.length,
    omitted: false,
  } as const;
  const add = async (id: string): Promise<number> => await store.add(60, { record: { ...RECORD, id, answer }, result });
  const fill = async (name: string): Promise<number> => {
    for (let count = 0; ; count += 1) {
      try {
        await add(`gw-${name}-${count}`);
      } catch (thrown) {
        const { code, message, cause } = thrown as Problem;
        assert.equal(code, 'store_unavailable', 'the bus is there');
        assert.doesNotMatch(message, /bus/);
        assert.match(String(cause), /full/);
        return count;
      }
    }
  };
  const most = await fill('first');
  assert.ok(most > 50, String(most));
  await clock.advance(MINUTE_MS);
  // What is left of them takes a little.
  const again = await fill('second');
  assert.ok(again >= most - 1, `${again} of ${most}`);
  const { expired, expiresAt, result: left, record } = (await store.get('gw-first-0')) ?? {};
  assert.deepEqual(
    { expired, expiresAt, left, owner: record?.owner, answer: record?.answer },
    { expired: true, expiresAt: clock.now(), left: undefined, owner: 'somebody', answer: null },
  );
  await store.close();
  await bus.close();
});

test('a delivery whose first one is still being sent by another replica is not said to have met a bus that is away', async (t) => {
  const clock = createFakeClock();
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const transport = await memory.connect();
  const options = { name: 'twice', kind: 'memory', lifetimesS: [60], replicas: 1, resultBytes: 1024 } as const;
  const store = await RequestStore.open(transport, options, clock);
  const bus = new GatewayBus(transport, new Listeners(transport, clock), clock);
  t.after(() => bus.close());
  const intake = new Intake(bus, store, new Waits(transport, clock), clock);
  const wish = {
    id: 'gw-1',
    owner: 'webhook/w',
    bodyHash: undefined,
    requestId: 'r',
    ttlS: 60,
    again: 'join',
  } as const;
  const order = orderOf(
    { kind: 'goal', instruction: 'do it', priority: undefined, context: '{}' },
    { ...wish, trace: traceFrom({}), waitMs: undefined, until: undefined },
    clock.now(),
  );
  const record = { ...order.record, state: 'running', until: clock.now() + MINUTE_MS } as const;
  assert.notEqual(await store.create(60, { record, result: undefined }), 'exists');
  const second = intake.take(order).then(
    () => undefined,
    (thrown: unknown) => thrown as Problem,
  );
  await clock.advance(6_000);
  const told = await second;
  assert.deepEqual([told?.code, told?.retryable], ['unconfirmed', true]);
  assert.doesNotMatch(String(told?.message), /bus|nothing/);
});
