import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { itemReader } from '../../src/submit/batch/item.ts';
import type { Line } from '../../src/submit/batch/lines.ts';
import { paced, unpaced } from '../../src/submit/batch/pace.ts';
import { sendAll } from '../../src/submit/batch/send-all.ts';
import { emptyTally } from '../../src/submit/batch/tally.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { busFor, sources } from '../submit/actors.ts';
import { type FaultyProxy, proxyFor } from './proxy.ts';

// A batch whose server is far away.

noLeaks();

async function farBus(t: TestContext, roundTripMs: number): Promise<{ proxy: FaultyProxy; heard: () => number }> {
  const bus = await busFor(t);
  const listener = await bus.connect();
  let heard = 0;
  listener.subscribe('heddle.tasks.incoming', () => {
    heard += 1;
  });
  await listener.flush();
  const proxy = await proxyFor(t, bus.broker.port);
  proxy.delay(roundTripMs / 2);
  return { proxy, heard: () => heard };
}

async function send(t: TestContext, { url }: FaultyProxy, count: number, perSecond?: number) {
  const transport = await connect({ servers: [url] });
  t.after(() => transport.close());
  async function* lines(): AsyncGenerator<Line[]> {
    for (let from = 1; from <= count; from += 500) {
      const length = Math.min(500, count - from + 1);
      yield Array.from({ length }, (_, at) => ({ number: from + at, text: '{}' }));
    }
  }
  const tally = emptyTally();
  const end = await sendAll({
    transport,
    clock: systemClock,
    lines: lines(),
    read: itemReader({ lines: 'payload', draft: { workerType: 'echo' }, direct: false }, sources),
    onError: 'stop',
    onProblem: () => {},
    onLost: 'report',
    allowUnheard: false,
    pace: perSecond === undefined ? unpaced() : paced(perSecond, systemClock),
    patienceMs: 20_000,
    signal: new AbortController().signal,
    tally,
  });
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.equal(tally.sent, count);
  return { ...end, tally };
}

for (const [roundTripMs, perSecond] of [
  [20, 300],
  [100, 300],
  [300, 300],
  [300, 3_000],
] as const) {
  test(`${perSecond}/s are ${perSecond}/s at ${roundTripMs} ms`, async (t) => {
    const { proxy, heard } = await farBus(t, roundTripMs);
    const count = perSecond * 2;
    const { elapsedMs } = await send(t, proxy, count, perSecond);
    assert.equal(heard(), count);
    // Beside the two seconds: the first goes alone, the last is confirmed, and a busy machine is late now and then.
    const most = 2_000 * 1.25 + 2 * roundTripMs;
    assert.ok(elapsedMs > 1_950 && elapsedMs < most, `${count} took ${Math.round(elapsedMs)} ms`);
  });
}

test('without a rate, a long way costs its round trips and not one for each lot', async (t) => {
  const { proxy, heard } = await farBus(t, 300);
  const { elapsedMs } = await send(t, proxy, 50_000);
  assert.equal(heard(), 50_000);
  // Two thousand a round trip would be 7,500 ms.
  assert.ok(elapsedMs < 5_000, `50,000 took ${Math.round(elapsedMs)} ms`);
});

test('a narrow way is filled, and no more is on its way than it needs', async (t) => {
  const { proxy } = await farBus(t, 100);
  proxy.narrow(1_000_000);
  let most = 0;
  const looking = setInterval(() => {
    most = Math.max(most, proxy.waiting);
  }, 5);
  t.after(() => clearInterval(looking));
  const { elapsedMs, tally } = await send(t, proxy, 10_000);
  const perSecond = (tally.bytes / elapsedMs) * 1000;
  assert.ok(perSecond > 600_000, `${Math.round(perSecond)} bytes a second of a million`);
  assert.ok(most < 2_000_000, `${most} bytes were on their way`);
});
