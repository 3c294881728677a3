import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, createMemoryBus } from '../../src/testing.ts';
import { turn } from '../../src/time/turn.ts';
import { sleep } from '../../src/time/wait.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

test('it stands still until it is told to go on', async () => {
  const clock = createFakeClock({ now: 1_000 });
  await turn();
  assert.deepEqual([clock.now(), clock.elapsed()], [1_000, 0]);
  await clock.advance(86_400_000);
  assert.deepEqual([clock.now(), clock.elapsed()], [86_401_000, 86_400_000]);
});

test('each runs at its very time, and what it set going is over before the next', async () => {
  const clock = createFakeClock();
  const seen: string[] = [];
  const see = (what: string): void => void seen.push(`${what} at ${clock.elapsed()}`);
  clock.after(10, async () => {
    see('a');
    await turn();
    await Promise.resolve();
    see('then');
    await sleep(clock, 5);
    see('and');
  });
  clock.after(12, () => see('b'));
  clock.after(15, () => see('c'));
  await clock.advance(20);
  assert.deepEqual(seen, ['a at 10', 'then at 10', 'b at 12', 'c at 15', 'and at 15']);
  assert.equal(clock.elapsed(), 20);
});

test('advancing by little steps comes to the same as one', async () => {
  const times = async (steps: readonly number[]): Promise<number[]> => {
    const clock = createFakeClock();
    const seen: number[] = [];
    clock.every(7, () => seen.push(clock.elapsed()));
    for (const step of steps) await clock.advance(step);
    return seen;
  };
  assert.deepEqual(await times([30]), [7, 14, 21, 28]);
  assert.deepEqual(await times(Array.from({ length: 60 }, () => 0.5)), [7, 14, 21, 28]);
});

test('after a stall what is overdue runs late, once, in the order in which it was due', async () => {
  const clock = createFakeClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`second at ${clock.elapsed()}`));
  clock.after(10, () => seen.push(`first at ${clock.elapsed()}`));
  clock.every(10, () => seen.push(`every at ${clock.elapsed()}`));
  clock.stall(35);
  assert.deepEqual([seen, clock.elapsed()], [[], 35]);
  await clock.advance(10);
  assert.deepEqual(seen, ['first at 35', 'every at 35', 'second at 35', 'every at 45']);
});

test('somebody sets the time of day: durations and timers do not mind', async () => {
  const clock = createFakeClock({ now: 1_000_000 });
  let ran = 0;
  clock.after(10, () => {
    ran += 1;
  });
  await clock.advance(5);
  clock.set(0);
  assert.deepEqual([clock.now(), clock.elapsed(), ran], [0, 5, 0]);
  await clock.advance(5);
  assert.deepEqual([clock.now(), clock.elapsed(), ran], [5, 10, 1]);
});

test('what a timer throws comes out where time was let pass, and time can go on', async () => {
  const clock = createFakeClock();
  let later = 0;
  clock.after(5, () => {
    throw new Error('a bug');
  });
  clock.after(6, () => {
    later += 1;
  });
  await assert.rejects(clock.advance(10), /a bug/);
  assert.deepEqual([clock.elapsed(), later], [5, 0]);
  await clock.advance(10);
  assert.equal(later, 1);
});

test('a request over the in-memory bus waits on it: a minute passes in no time', async () => {
  const clock = createFakeClock();
  const bus = createMemoryBus({ clock });
  const client = await bus.connect();
  client.subscribe('silent', () => {});
  client.subscribe('slow', async ({ reply }) => {
    await sleep(clock, 30_000);
    client.publish(reply ?? '', 'at last');
  });
  const late = assert.rejects(client.request('silent', '', { timeoutMs: 60_000 }), { code: 'timeout' });
  const answer = client.request('slow', '', { timeoutMs: 60_000 });
  await clock.advance(29_999);
  assert.equal(clock.waiting, 3);
  await clock.advance(1);
  assert.equal(Buffer.from((await answer).data).toString(), 'at last');
  await clock.advance(30_000);
  await late;
  assert.deepEqual([clock.elapsed(), clock.waiting], [60_000, 0]);
  const own = createFakeClock();
  const other = await bus.connect({ clock: own });
  const soon = assert.rejects(other.request('silent', '', { timeoutMs: 5 }), { code: 'timeout' });
  await own.advance(5);
  await soon;
  await bus.close();
});
