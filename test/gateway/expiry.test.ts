import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
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
