import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayEvent } from '../../../src/gateway/events.ts';
import { StreamRoom } from '../../../src/gateway/workers/stream-room.ts';
import type { WorkQueue } from '../../../src/store/work-queue.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { keepingBus } from '../bus.ts';
import { bodyOf, startGateway } from '../start.ts';
import { sendTasks, until } from './kit.ts';

noLeaks();

test('a stream that fills up is told of once, and once more when it has room again; what cannot be asked changes nothing', async () => {
  const clock = createFakeClock();
  const events: GatewayEvent[] = [];
  let now: { messages: number; bytes: number; maxBytes: number } | undefined = {
    messages: 2,
    bytes: 200,
    maxBytes: 100_000,
  };
  const queue = {
    name: 'heddle-tasks-ocr',
    room: async () => now ?? assert.fail('the bus is away'),
  } as unknown as WorkQueue;
  const room = new StreamRoom(new Map([['ocr', queue]]), clock, (event) => events.push(event));
  await room.open();
  const look = async (then: typeof now): Promise<boolean> => {
    now = then;
    await clock.advance(5_000);
    return room.isFull('ocr');
  };
  assert.equal(room.isFull('ocr'), false);
  assert.equal(await look({ messages: 100, bytes: 98_900, maxBytes: 100_000 }), false);
  // A hundredth is left; or, of large tasks, less than one of them.
  assert.equal(await look({ messages: 100, bytes: 99_100, maxBytes: 100_000 }), true);
  assert.equal(await look({ messages: 100, bytes: 100_000, maxBytes: 100_000 }), true);
  assert.match(String(room.state[0]?.reason), /new tasks of ocr are refused, and nobody is told/);
  assert.equal(await look(undefined), true);
  assert.equal(await look({ messages: 2, bytes: 60_000, maxBytes: 100_000 }), false);
  assert.equal(await look({ messages: 2, bytes: 80_000, maxBytes: 100_000 }), true);
  assert.equal(await look({ messages: 2, bytes: 80_000, maxBytes: -1 }), false);
  assert.deepEqual(
    events.map((event) => event.kind === 'work_stream' && event.full),
    [true, false, true, false],
  );
  const series = room.families().map(({ name, samples }) => [name, samples.length]);
  assert.deepEqual(series, [
    ['heddle_gateway_worker_stream_bytes', 1],
    ['heddle_gateway_worker_stream_max_bytes', 1],
    ['heddle_gateway_worker_stream_full', 1],
  ]);
  room.close();
});

test('the probes say how full a stream is, and a gateway that finds it full says so at its start', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { connect } = await keepingBus(t);
  const text = 'workers: {types: {ocr: {mode: durable, stream_mib: 1, tiers: [standard]}}}\n';
  const gateway = await startGateway(t, await connect(), text);
  const streams = async (of: typeof gateway) =>
    (await bodyOf(await of.ask('/readyz'))).worker_streams as { full: boolean }[];
  assert.deepEqual(
    (await streams(gateway)).map(({ full }) => full),
    [false],
  );
  const bus = await connect();
  const pad = 'x'.repeat(10_000);
  sendTasks(
    bus,
    'ocr',
    Array.from({ length: 120 }, (_, at) => `t${at}`),
    { payload: { pad } },
  );
  await bus.flush();
  const later = await startGateway(t, await connect(), text);
  await until('it is full', async () => (await streams(later))[0]?.full === true);
  assert.equal((await later.ask('/readyz')).status, 200);
  assert.match(await (await later.ask('/metrics')).text(), /worker_stream_full\{type="ocr"\} 1/);
  assert.ok(later.events.some((event) => event.kind === 'work_stream' && event.full));
});
