import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from '../../../src/submit/batch/flow.ts';

interface Way {
  readonly roundTripMs: number;
  /** What the way carries, and what we can make. */
  readonly perMs: number;
  readonly bytesEach?: number;
}

/** A sender that always has more, for so long; lots of a hundred, each confirmed a round trip after it went through. */
function sending(flow: Flow, from: number, ms: number, { roundTripMs, perMs, bytesEach = 100 }: Way): void {
  const underWay: { confirmedAt: number; departure: ReturnType<Flow['leaving']> }[] = [];
  let freeAt = from;
  for (let now = from; now < from + ms; now += 0.1) {
    for (let next = underWay[0]; next !== undefined && next.confirmedAt <= now; next = underWay[0]) {
      underWay.shift();
      flow.arrived(next.departure, 100, 100 * bytesEach, now);
    }
    while (underWay.length * 100 < flow.messages && underWay.length * 100 * bytesEach < flow.bytes) {
      freeAt = Math.max(freeAt, now) + 100 / perMs;
      underWay.push({ confirmedAt: freeAt + roundTripMs, departure: flow.leaving(now) });
    }
  }
}

test('on a short way the least is enough, however quick it is', () => {
  const flow = new Flow(0);
  sending(flow, 0, 500, { roundTripMs: 0.2, perMs: 200 });
  assert.deepEqual([flow.messages, flow.bytes], [2_000, 512 * 1024]);
});

test('on a long way it grows until the way is full, in a few round trips, and not beyond twice of that', () => {
  const flow = new Flow(0);
  const way = { roundTripMs: 300, perMs: 50 };
  sending(flow, 0, 3_000, way);
  assert.ok(flow.messages >= 300 * 50, `${flow.messages} in flight do not fill a way that holds 15,000`);
  sending(flow, 3_000, 20_000, way);
  assert.ok(flow.messages <= 300 * 50 * 2.5, `${flow.messages} in flight are more than twice what it holds`);
  assert.ok(Math.abs(flow.roundTripMs - 300) < 5, `${flow.roundTripMs} ms`);
});

test('bytes count for themselves: few large ones fill a way too', () => {
  const flow = new Flow(0);
  sending(flow, 0, 5_000, { roundTripMs: 100, perMs: 1, bytesEach: 20_000 });
  assert.ok(flow.bytes >= 100 * 20_000, `${flow.bytes} bytes do not fill a way that holds 2,000,000`);
  assert.equal(flow.messages, 2_000);
});

test('a way that becomes longer is filled again after a while, and memory is never a queue', () => {
  const flow = new Flow(0);
  sending(flow, 0, 2_000, { roundTripMs: 10, perMs: 100 });
  sending(flow, 2_000, 130_000, { roundTripMs: 400, perMs: 100 });
  assert.ok(flow.messages >= 400 * 100 * 0.8, `${flow.messages} in flight`);
  sending(flow, 132_000, 20_000, { roundTripMs: 2_000, perMs: 1_000 });
  assert.ok(flow.messages <= 65_536 && flow.bytes <= 16 * 1024 * 1024);
});

test('two confirmations in the same moment say nothing of the way', () => {
  const flow = new Flow(0);
  flow.arrived(flow.leaving(0), 100, 10_000, 0);
  flow.arrived(flow.leaving(0), 100, 10_000, 0);
  assert.deepEqual([flow.messages, flow.bytes], [2_000, 512 * 1024]);
});
