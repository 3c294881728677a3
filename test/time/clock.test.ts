import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { type Clock, LONGEST_TIMER_MS, systemClock } from '../../src/time/clock.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { turn } from '../../src/time/turn.ts';
import { deadline, sleep, within } from '../../src/time/wait.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

/** A clock, the way to let time pass on it, and how many of its timers keep the program from ending. */
interface Home {
  readonly clock: Clock;
  readonly pass: (ms: number) => Promise<void>;
  readonly holding: () => number;
}

const HOMES: readonly (readonly [name: string, home: () => Home])[] = [
  [
    'the clock of the system',
    () => ({
      clock: systemClock,
      // A little more, because timers of one millisecond may be in two lists of Node's.
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 10)),
      holding: () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    }),
  ],
  [
    'the fake clock',
    () => {
      const clock = createFakeClock();
      return { clock, pass: (ms) => clock.advance(ms), holding: () => clock.waiting };
    },
  ],
];

for (const [name, home] of HOMES) {
  describe(`${name} keeps the promises of a clock`, () => {
    test('both times go on, the time of day in milliseconds since 1970', async () => {
      const { clock, pass } = home();
      const [now, elapsed] = [clock.now(), clock.elapsed()];
      await pass(20);
      assert.ok(clock.elapsed() - elapsed >= 19, `${clock.elapsed() - elapsed} ms`);
      assert.ok(clock.now() - now >= 19, `${clock.now() - now} ms`);
      assert.ok(now > Date.UTC(2025, 0, 1), new Date(now).toISOString());
    });

    test('its members are free: a builder of messages takes the one it needs', () => {
      const { now, elapsed } = home().clock;
      assert.ok(now() > 0);
      assert.ok(elapsed() >= 0);
    });

    test('what is due earlier runs earlier, what is due together in the order in which it was asked for', async () => {
      const { clock, pass } = home();
      const ran: string[] = [];
      clock.after(40, () => ran.push('late'));
      clock.after(10, () => ran.push('first'));
      clock.after(10, () => ran.push('second'));
      clock.after(20, () => ran.push('third'));
      await pass(60);
      assert.deepEqual(ran, ['first', 'second', 'third', 'late']);
    });

    test('nothing runs within the call, however short the time', async () => {
      const { clock, pass } = home();
      const ran: number[] = [];
      for (const ms of [0, -5, Number.NaN]) clock.after(ms, () => ran.push(ms));
      assert.deepEqual(ran, []);
      await pass(5);
      assert.deepEqual(ran, [0, -5, Number.NaN]);
    });

    test('what runs may ask for more', async () => {
      const { clock, pass } = home();
      const ran: number[] = [];
      const again = (): void => {
        ran.push(ran.length);
        if (ran.length < 3) clock.after(5, again);
      };
      clock.after(5, again);
      await pass(300);
      assert.deepEqual(ran, [0, 1, 2]);
    });

    test('longer than a timer of Node can hold is very long, not at once', async () => {
      const { clock, pass } = home();
      const ran: string[] = [];
      const timers = [2 ** 40, Number.POSITIVE_INFINITY].flatMap((ms) => [
        clock.after(ms, () => ran.push('after')),
        clock.every(ms, () => ran.push('every')),
      ]);
      await pass(20);
      assert.deepEqual(ran, []);
      for (const timer of timers) clock.cancel(timer);
    });

    test('what was called off does not run, and calling off what ran or was none harms nobody', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      const ran: string[] = [];
      const off = clock.after(10, () => ran.push('off'));
      const on = clock.after(10, () => ran.push('on'));
      const other = clock.after(5, () => clock.cancel(another));
      const another = clock.after(10, () => ran.push('another'));
      clock.cancel(off);
      await pass(30);
      for (const timer of [off, on, other, undefined]) clock.cancel(timer);
      assert.deepEqual(ran, ['on']);
      assert.equal(holding(), before);
    });

    test('every so often, until it is called off, also from within', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      let outside = 0;
      let inside = 0;
      const first = clock.every(5, () => {
        outside += 1;
      });
      const second = clock.every(5, () => {
        inside += 1;
        if (inside === 2) clock.cancel(second);
      });
      await pass(200);
      clock.cancel(first);
      const at = outside;
      await pass(20);
      assert.ok(at >= 3 && at <= 42, `${at} times`);
      assert.deepEqual([outside, inside], [at, 2]);
      assert.equal(holding(), before);
    });

    test('what nobody waits for runs as well, and keeps no program from ending', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      let ran = 0;
      const timer = clock.every(5, () => {
        ran += 1;
      });
      assert.equal(holding(), before + 1);
      clock.unref(timer);
      assert.equal(holding(), before);
      await pass(20);
      assert.ok(ran >= 1);
      assert.equal(holding(), before, 'the next time neither');
      clock.cancel(timer);
    });

    test('sleep: ends when it should, and at once when the signal says so, before or meanwhile', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      const ended: string[] = [];
      const stop = new AbortController();
      void sleep(clock, 10).then(() => ended.push('short'));
      void sleep(clock, 3_600_000, stop.signal).then(() => ended.push('long'));
      void sleep(clock, 3_600_000, AbortSignal.abort()).then(() => ended.push('none'));
      await turn();
      assert.deepEqual(ended, ['none']);
      await pass(20);
      assert.deepEqual(ended, ['none', 'short']);
      stop.abort();
      await turn();
      assert.deepEqual(ended, ['none', 'short', 'long']);
      assert.equal(holding(), before);
    });

    test('within: in time, too late, and what was thrown; no timer is left', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      assert.equal(await within(clock, Promise.resolve('x'), 3_600_000), true);
      await assert.rejects(within(clock, Promise.reject(new Error('no')), 3_600_000), /no/);
      const never = within(clock, new Promise(() => {}), 10);
      const tooLate = within(
        clock,
        sleep(clock, 30).then(() => Promise.reject(new Error('nobody hears this'))),
        10,
      );
      await pass(50);
      assert.deepEqual([await never, await tooLate], [false, false]);
      assert.equal(holding(), before);
    });

    test('deadline: by time, by the signal for its reason, or never when the work was done before', async () => {
      const { clock, pass, holding } = home();
      const before = holding();
      const byTime = deadline(clock, 10);
      const stop = new AbortController();
      const bySignal = deadline(clock, 3_600_000, stop.signal);
      const done = deadline(clock, 10, stop.signal);
      done.clear();
      assert.equal(byTime.signal.aborted, false);
      await pass(20);
      assert.equal(byTime.signal.aborted, true);
      assert.equal(bySignal.signal.aborted, false);
      stop.abort(new Error('enough'));
      assert.equal((bySignal.signal.reason as Error).message, 'enough');
      assert.equal((deadline(clock, 5, stop.signal).signal.reason as Error).message, 'enough');
      assert.equal(done.signal.aborted, false);
      bySignal.clear();
      const one = new AbortController();
      const other = new AbortController();
      const either = deadline(clock, 10, one.signal, undefined, other.signal);
      const neither = deadline(clock, 10, one.signal, other.signal);
      neither.clear();
      other.abort(new Error('the other'));
      assert.equal((either.signal.reason as Error).message, 'the other');
      either.clear();
      assert.equal(neither.signal.aborted, false);
      assert.deepEqual(
        getEventListeners(one.signal, 'abort'),
        [],
        'a signal that lives on holds nothing of what is over',
      );
      await pass(10);
      assert.equal(holding(), before);
    });
  });
}

test('the longest timer is what Node can hold', () => {
  assert.equal(LONGEST_TIMER_MS, 2_147_483_647);
});
