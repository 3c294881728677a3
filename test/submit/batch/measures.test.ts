import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies } from '../../../src/submit/batch/latencies.ts';
import { type Pace, paced, unpaced } from '../../../src/submit/batch/pace.ts';
import { emptyTally, LineRanges, refuseWrongCounts, type Tally } from '../../../src/submit/batch/tally.ts';
import { createFakeClock, type FakeClock } from '../../../src/time/fake-clock.ts';

test('percentiles are right to three per cent, whatever the scale', () => {
  for (const scale of [0.002, 1, 5000]) {
    const latencies = new Latencies();
    for (let at = 1; at <= 1000; at += 1) latencies.add(at * scale);
    const summary = latencies.summary();
    assert.ok(summary !== undefined);
    const near = (value: number, want: number): void =>
      assert.ok(Math.abs(value - want) <= want * 0.03 + 0.001, `${value} for ${want}`);
    near(summary.p50_ms, 500 * scale);
    near(summary.p90_ms, 900 * scale);
    near(summary.p99_ms, 990 * scale);
    near(summary.min_ms, scale);
    near(summary.max_ms, 1000 * scale);
    near(summary.mean_ms, 500.5 * scale);
    assert.equal(summary.count, 1000);
  }
});

test('one value is every percentile; none is no summary', () => {
  const latencies = new Latencies();
  assert.equal(latencies.summary(), undefined);
  latencies.add(7);
  assert.deepEqual(latencies.summary(), {
    count: 1,
    min_ms: 7,
    p50_ms: 7,
    p90_ms: 7,
    p99_ms: 7,
    max_ms: 7,
    mean_ms: 7,
  });
  const extremes = new Latencies();
  for (const value of [0, 1e-9, 1e12]) extremes.add(value);
  assert.equal(extremes.summary()?.max_ms, 1e12);
});

/** How long sixty take at 500/s: they are due after 118 ms, less what a tick may save up. */
async function sixty(pace: Pace, clock: FakeClock): Promise<number> {
  const begun = clock.elapsed();
  const going = async (): Promise<number> => {
    for (let taken = 0; taken < 60; ) taken += await pace.take(1000, new AbortController().signal);
    return clock.elapsed() - begun;
  };
  const gone = going();
  await clock.advance(1000);
  return await gone;
}

test('a pace is never faster than it says', async () => {
  const clock = createFakeClock();
  const elapsed = await sixty(paced(500, clock), clock);
  assert.ok(elapsed >= 100, `60 went in ${elapsed} ms`);
  assert.ok(elapsed <= 118, `60 took ${elapsed} ms`);
  assert.equal(await unpaced().take(1000, new AbortController().signal), 1000);
});

test('what a stall left unsent is not made up for in a flood', async () => {
  const clock = createFakeClock();
  const pace = paced(500, clock);
  await sixty(pace, clock);
  clock.stall(60_000);
  const elapsed = await sixty(pace, clock);
  assert.ok(elapsed >= 100, `60 went in ${elapsed} ms`);
});

test('a slow pace can be interrupted', async () => {
  const stop = new AbortController();
  const clock = createFakeClock();
  const pace = paced(0.01, clock);
  await pace.take(1, stop.signal);
  const waiting = pace.take(1, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.waiting, 0);
});

test('ranges of lines stay short', () => {
  const ranges = new LineRanges();
  for (const line of [1, 2, 3, 5, 6, 9, 9]) ranges.add(line);
  assert.equal(String(ranges), '1-3, 5-6, 9');
  for (let line = 100; line < 140; line += 2) ranges.add(line);
  assert.match(String(ranges), /and 13 more ranges$/);
  assert.equal(String(new LineRanges()), '');
});

test('counts that do not add up are our mistake, and told as one', () => {
  const refuse = (waited: boolean, counts: Partial<Tally>): void =>
    refuseWrongCounts({ ...emptyTally(), ...counts }, waited);
  refuse(false, {});
  refuse(false, { published: 5, sent: 4, uncertain: 1, unheard: 2, malformed: 9 });
  const ends = { completed: 1, failed: 2, dead_lettered: 3, malformed_results: 4, timed_out: 5, unheard: 6, open: 7 };
  refuse(true, { ...ends, uncertain: 8, sent: 28, published: 36, duplicates: 3 });
  const wrong: readonly [waited: boolean, counts: Partial<Tally>][] = [
    // As it was once: an answer came for what was called uncertain already.
    [true, { published: 377, sent: 377, uncertain: 1, completed: 376 }],
    [true, { published: 2, sent: 2, completed: 1 }],
    [false, { published: 1 }],
    [false, { sent: 1 }],
  ];
  for (const [waited, counts] of wrong) {
    assert.throws(() => refuse(waited, counts), { code: 'internal', message: /do not add up: \{"read":0,/ });
  }
});
