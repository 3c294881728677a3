import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeatRounds } from '../../src/preflight/repeat.ts';
import type { Report } from '../../src/preflight/report.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const report = (startedAt: number): Report => ({ startedAt }) as Report;

test('rounds never overlap, end when one is good enough, and the last report is the answer', async () => {
  let running = 0;
  let round = 0;
  const last = await repeatRounds({
    round: async () => {
      running += 1;
      assert.equal(running, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      round += 1;
      return report(round);
    },
    everyMs: 1,
    signal: new AbortController().signal,
    onReport: ({ startedAt }) => startedAt === 3,
  });
  assert.equal(last?.startedAt, 3);
});

test('when the time is up, the round that is under way is the last', async () => {
  let rounds = 0;
  await repeatRounds({
    round: async () => report(++rounds),
    everyMs: 20,
    forMs: 400,
    signal: new AbortController().signal,
    onReport: () => false,
  });
  assert.ok(rounds >= 2 && rounds <= 25, `${rounds} rounds`);
});

test('an interruption ends the pause at once, and what a broken-off round found is told to nobody', async () => {
  const stop = new AbortController();
  const told: number[] = [];
  let round = 0;
  const from = performance.now();
  await repeatRounds({
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
  });
  assert.deepEqual(told, [1]);

  const waiting = new AbortController();
  setTimeout(() => waiting.abort(), 10);
  await repeatRounds({
    round: async () => report(1),
    everyMs: 3_600_000,
    signal: waiting.signal,
    onReport: () => false,
  });
  assert.ok(performance.now() - from < 10_000);
});

test('what a round throws is not swallowed', async () => {
  const broken = repeatRounds({
    round: () => Promise.reject(new TypeError('a bug')),
    everyMs: 1,
    signal: new AbortController().signal,
    onReport: () => false,
  });
  await assert.rejects(broken, /a bug/);
});
