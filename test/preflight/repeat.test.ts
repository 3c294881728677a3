import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RepeatOptions, repeatRounds } from '../../src/preflight/repeat.ts';
import type { Report } from '../../src/preflight/report.ts';
import { createFakeClock, type FakeClock } from '../../src/time/fake-clock.ts';
import { sleep } from '../../src/time/wait.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const report = (startedAt: number): Report => ({ startedAt }) as Report;

/** Repeats on a clock of its own, which then runs for so long. */
async function repeated(
  options: Omit<RepeatOptions, 'clock'>,
  ms: number,
  clock: FakeClock,
): Promise<Report | undefined> {
  const repeating = repeatRounds({ ...options, clock });
  repeating.catch(() => {});
  await clock.advance(ms);
  return await repeating;
}

test('rounds never overlap, end when one is good enough, and the last report is the answer', async () => {
  let running = 0;
  let round = 0;
  const clock = createFakeClock();
  const began: number[] = [];
  const options: Omit<RepeatOptions, 'clock'> = {
    round: async () => {
      running += 1;
      began.push(clock.elapsed());
      assert.equal(running, 1);
      await sleep(clock, 5);
      running -= 1;
      round += 1;
      return report(round);
    },
    everyMs: 1,
    signal: new AbortController().signal,
    onReport: ({ startedAt }) => startedAt === 3,
  };
  const last = await repeated(options, 1000, clock);
  assert.equal(last?.startedAt, 3);
  assert.deepEqual(began, [0, 6, 12], 'the next begins as soon as one that took too long has ended');
});

test('when the time is up, the round that is under way is the last', async () => {
  let rounds = 0;
  const left: number[] = [];
  const options: Omit<RepeatOptions, 'clock'> = {
    round: async (leftMs) => {
      left.push(leftMs);
      return report(++rounds);
    },
    everyMs: 20,
    forMs: 400,
    signal: new AbortController().signal,
    onReport: () => false,
  };
  await repeated(options, 1000, createFakeClock());
  assert.equal(rounds, 20);
  assert.deepEqual(left.slice(0, 3), [400, 380, 360]);
});

test('an interruption ends the pause at once, and what a broken-off round found is told to nobody', async () => {
  const stop = new AbortController();
  const told: number[] = [];
  let round = 0;
  const clock = createFakeClock();
  const options: Omit<RepeatOptions, 'clock'> = {
    round: async () => {
      round += 1;
      if (round === 2) stop.abort();
      return report(round);
    },
    everyMs: 20,
    signal: stop.signal,
    onReport: ({ startedAt }) => {
      told.push(startedAt);
      return false;
    },
  };
  await repeated(options, 1000, clock);
  assert.deepEqual(told, [1]);

  const waiting = new AbortController();
  clock.after(10, () => waiting.abort());
  const from = clock.elapsed();
  let ended = 0;
  const pausing = repeatRounds({
    round: async () => report(1),
    everyMs: 3_600_000,
    clock,
    signal: waiting.signal,
    onReport: () => false,
  }).then(() => {
    ended = clock.elapsed();
  });
  await clock.advance(100);
  await pausing;
  assert.equal(ended - from, 10);
  assert.equal(clock.waiting, 0, 'the pause is not waited for any more');
});

test('what a round throws is not swallowed', async () => {
  const broken = repeatRounds({
    round: () => Promise.reject(new TypeError('a bug')),
    everyMs: 1,
    clock: createFakeClock(),
    signal: new AbortController().signal,
    onReport: () => false,
  });
  await assert.rejects(broken, /a bug/);
});
