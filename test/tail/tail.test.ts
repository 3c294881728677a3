import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { TailOptions } from '../../src/tail/options.ts';
import { Pairing } from '../../src/tail/pairing.ts';
import type { GapRecord } from '../../src/tail/record.ts';
import { Tail } from '../../src/tail/tail.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { FakeOutput, RESULTS, result, task } from './fake.ts';

noLeaks();

function started(options: Partial<TailOptions> = {}) {
  const output = new FakeOutput();
  const clock = createFakeClock();
  const tail = new Tail({ output, clock, ...options });
  tail.start();
  let at = 0;
  const take = (count: number, message = (index: number) => result({ n: index })): void => {
    for (let index = 0; index < count; index += 1) {
      tail.take(RESULTS, Buffer.from(message(at)), at);
      at += 1;
    }
  };
  return { tail, output, clock, take };
}

/** Long enough for everything that is not waiting for the output. */
async function settled(): Promise<void> {
  for (let each = 0; each < 50; each += 1) await turn();
}

const gap: GapRecord = { record: 'gap', reason: 'disconnected', from: 1, to: 2, missed: undefined };

test('messages and gaps come in their order', async () => {
  const { tail, output, take } = started();
  take(3);
  tail.gap(gap);
  take(2);
  await settled();
  tail.stop('interrupted');
  await tail.done;
  assert.deepEqual(
    output.texts.map((text) => (text === 'gap' ? text : (JSON.parse(text) as { n: number }).n)),
    [0, 1, 2, 'gap', 3, 4],
  );
});

test('a gap that is still asked about holds back what came after it, and is told as it stands at the end', async () => {
  const { tail, output, take } = started();
  let answer = (_: GapRecord): void => {};
  tail.gapWhen(gap, new Promise((resolve) => (answer = resolve)));
  take(1);
  await settled();
  assert.deepEqual(output.texts, []);
  answer({ ...gap, atLeast: 5 });
  await settled();
  assert.deepEqual([output.records[0], output.texts.length], [{ ...gap, atLeast: 5 }, 2]);
  tail.gapWhen(gap, new Promise(() => {}));
  take(1);
  tail.stop('for');
  await tail.done;
  assert.deepEqual(
    output.records.map(({ record }) => record),
    ['gap', 'message', 'gap', 'message'],
  );
});

test('a slow output: the oldest are dropped and counted, in one gap before what is left', async () => {
  const { tail, output, take } = started({ bufferBytes: 256 * 1024 });
  output.room = 10;
  take(10_000);
  await settled();
  assert.equal(output.texts.length, 10);
  output.give(Number.POSITIVE_INFINITY);
  await settled();
  tail.stop('interrupted');
  await tail.done;
  const [first, ...rest] = output.records.slice(10);
  assert.ok(first?.record === 'gap' && first.reason === 'buffer');
  assert.ok(rest.every(({ record }) => record === 'message'));
  assert.equal(10 + (first.missed ?? 0) + rest.length, 10_000);
  assert.equal(JSON.parse(output.texts.at(-1) ?? '').n, 9999, 'the newest are kept');
  assert.equal(JSON.parse(output.texts[11] ?? '').n, 10 + (first.missed ?? 0));
  assert.deepEqual([first.from, first.to], [10, 9 + (first.missed ?? 0)]);
  assert.equal(tail.figures.gaps.missed, first.missed);
  assert.ok(rest.length * 180 < 256 * 1024, 'no more waited than the buffer holds');
});

test('a gap of the connection is never dropped, however full the buffer', async () => {
  const { tail, output, take } = started({ bufferBytes: 64 * 1024 });
  output.room = 0;
  take(1000);
  tail.gap(gap);
  take(5000);
  await settled();
  output.give(Number.POSITIVE_INFINITY);
  tail.stop('interrupted');
  await tail.done;
  const gaps = output.records.flatMap((record) => (record.record === 'gap' ? [record] : []));
  assert.deepEqual(
    gaps.map(({ reason }) => reason),
    ['buffer', 'disconnected', 'buffer'],
  );
  const missed = gaps.reduce((sum, each) => sum + (each.missed ?? 0), 0);
  assert.equal(missed + output.records.length - gaps.length, 6000);
});

test('while the output stands still, failures are noticed and what is filtered out takes no room', async () => {
  const { tail, output, take, clock } = started({
    filter: { status: ['failed'] },
    ending: { failOn: ['failed'] },
    bufferBytes: 64 * 1024,
  });
  output.room = 0;
  await settled();
  await clock.advance(1000);
  for (let round = 0; round < 20; round += 1) {
    take(100);
    await clock.advance(300);
    await settled();
  }
  take(1, () => result({ status: 'failed' }));
  await settled();
  assert.ok(tail.ended, 'it ended though nothing could be written');
  output.give(10);
  assert.equal((await tail.done).cause, 'fail_on');
  assert.deepEqual(output.texts, [result({ status: 'failed' })]);
  assert.equal(tail.figures.gaps.count, 0);
});

test('an interruption does not wait for an output that takes nothing', async () => {
  const { tail, output, take, clock } = started();
  output.room = 0;
  take(5);
  tail.stop('interrupted');
  let over = false;
  void tail.done.then(() => {
    over = true;
  });
  await clock.advance(999);
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal((await tail.done).cause, 'interrupted');
  assert.equal(output.texts.length, 0);
});

test('what nobody took after an interruption is lost, and counted', async () => {
  const { tail, output, take, clock } = started({ bufferBytes: 64 * 1024 });
  output.room = 3;
  take(1000);
  tail.stop('interrupted');
  await clock.advance(1000);
  await tail.done;
  const { received, gaps } = tail.figures;
  assert.equal(output.texts.length, 3);
  assert.ok(tail.dropped > 0 && gaps.missed > tail.dropped);
  assert.equal(output.texts.length + gaps.missed, received);
});

test('an output that takes a little now and then is given up, too, and so is one when the end was there before', async () => {
  for (const before of ['count', undefined]) {
    const { tail, output, take, clock } = started({ ending: before === undefined ? {} : { count: 100 } });
    output.room = 0;
    take(200);
    await settled();
    await clock.advance(300);
    await settled();
    if (before !== undefined) await clock.advance(60_000);
    assert.equal(tail.ended, before !== undefined);
    tail.stop('interrupted');
    let over = false;
    void tail.done.then(() => {
      over = true;
    });
    for (let times = 0; times < 6; times += 1) {
      await clock.advance(800);
      assert.equal(over, false);
      output.give(1);
      await settled();
    }
    await clock.advance(200);
    assert.equal((await tail.done).cause, before ?? 'interrupted');
    assert.ok(output.texts.length === 6, `${output.texts.length} were shown`);
    assert.equal(tail.dropped, (before === undefined ? 200 : 100) - output.texts.length);
  }
});

test('the past comes before what comes live', async () => {
  const { tail, output, take } = started();
  tail.pause();
  take(2);
  tail.takePast(RESULTS, Buffer.from(result({ n: -1 })), 0);
  await settled();
  assert.equal(output.texts.length, 1);
  tail.resume();
  await settled();
  assert.deepEqual(
    output.texts.map((text) => (JSON.parse(text) as { n: number }).n),
    [-1, 0, 1],
  );
  tail.stop('interrupted');
  await tail.done;
});

test('a broken output ends it with the error', async () => {
  const { tail, output, take } = started();
  output.write = () => {
    throw new Error('broken');
  };
  take(1);
  await assert.rejects(tail.done, /broken/);
});

test('figures come as often as asked, in their place among the messages, until the end', async () => {
  const figures: number[] = [];
  const { tail, output, take, clock } = started({
    statsEveryMs: 60_000,
    onStats: ({ received }) => figures.push(received),
  });
  take(2);
  await clock.advance(59_999);
  assert.deepEqual(figures, []);
  await clock.advance(1);
  take(1);
  await clock.advance(60_000);
  assert.deepEqual(figures, [2, 3]);
  assert.deepEqual(
    output.records.map((record) => (record.record === 'summary' ? record.at - clock.now() : record.record)),
    ['message', 'message', -60_000, 'message', 0],
  );
  tail.stop('interrupted');
  await tail.done;
  assert.equal(clock.waiting, 0, 'nothing of it goes on');
});

test('it ends when nothing came for so long, counted from the last message', async () => {
  const { tail, take, clock } = started({ ending: { idleMs: 10_000 } });
  await clock.advance(9_999);
  take(1);
  await clock.advance(9_999);
  assert.equal(tail.ended, false);
  await clock.advance(1);
  const { cause, answer } = await tail.done;
  assert.deepEqual([cause, answer, clock.elapsed(), clock.waiting], ['idle', 'ok', 19_999, 0]);
});

test('it ends when its time is over, however much comes', async () => {
  const { tail, take, clock } = started({ ending: { forMs: 7 * 86_400_000, idleMs: 100_000_000 } });
  for (let day = 0; day < 6; day += 1) {
    await clock.advance(86_400_000);
    take(1);
  }
  assert.equal(tail.ended, false);
  await clock.advance(86_400_000);
  assert.equal((await tail.done).cause, 'for');
});

test('a task without an answer is told once, when it is due', async () => {
  const { tail, output, clock } = started({ pairing: new Pairing(60_000) });
  tail.take('heddle.tasks.incoming', Buffer.from(task()), clock.now());
  await clock.advance(59_999);
  assert.deepEqual(output.texts.length, 1);
  await clock.advance(251);
  assert.deepEqual([output.texts.length, output.texts[1]], [2, 'orphan']);
  await clock.advance(600_000);
  assert.equal(output.texts.length, 2);
  tail.stop('interrupted');
  await tail.done;
});

const inTime = (work: () => void): boolean => {
  work();
  return true;
};

test('counting ends in the middle of a batch', async () => {
  const { tail, output, take } = started({ ending: { count: 3 }, guard: () => inTime });
  take(100);
  await tail.done;
  assert.equal(output.texts.length, 3);
});
