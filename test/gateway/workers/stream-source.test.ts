import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from '../../../src/gateway/lease/desk.ts';
import type { WorkJob } from '../../../src/gateway/workers/job.ts';
import type { Lane } from '../../../src/gateway/workers/lane.ts';
import { StreamSource, type StreamTools } from '../../../src/gateway/workers/stream-source.ts';
import type { TakeOptions } from '../../../src/store/work-queue.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { turn } from '../../../src/time/turn.ts';

const LANE = { name: 'ocr.standard', type: 'ocr', tier: 'standard', config: { buffer: 500, leaseS: 60 } } as Lane;

/** A stream with any number of tasks, or with none, which gives what it is asked for when it is told to. */
function opened() {
  const clock = createFakeClock();
  const desk = new Desk<WorkJob>();
  const asked: number[] = [];
  let coming = 0;
  let seq = 0;
  let given: TakeOptions | undefined;
  const taking = {
    get coming() {
      return coming;
    },
    ask: (count: number) => {
      asked.push(count);
      coming += count;
    },
    rest: async () => {
      coming = 0;
    },
    stop: async () => {},
  };
  const queue = {
    take: (_consumer: string, options: TakeOptions) => {
      given = options;
      return taking;
    },
    again: () => {},
  };
  const admit = (): Partial<WorkJob> => ({ taskId: `t${seq}`, lane: LANE.name, memo: { checkpoint: undefined } });
  const source = new StreamSource(LANE, {
    ...{ clock, desk, queue, admit },
    numbers: { task: () => {} },
    records: {},
  } as unknown as StreamTools);
  const give = async (): Promise<void> => {
    for (; coming > 0; ) {
      coming -= 1;
      seq += 1;
      given?.receive({ seq, token: `$${seq}`, count: 1, data: new Uint8Array() });
    }
    await turn();
  };
  /** A poll that waits until it has one. */
  const wait = (): void => {
    const release = source.hold();
    desk.join({ lanes: [LANE.name], most: 1, take: release });
  };
  /** A poll that finds one. */
  const find = (): void => {
    assert.ok(desk.next([LANE.name]));
    source.touch();
  };
  const over = (): void => {
    coming = 0;
    given?.over();
  };
  return { clock, desk, source, asked, give, over, wait, find };
}

test('nothing is asked for while half of what is taken beforehand is here, and then all that is missing at once', async () => {
  const { clock, desk, source, asked, give, wait, find } = opened();
  source.touch();
  await give();
  assert.equal(desk.ready(LANE.name), 8);
  for (let at = 0; at < 3; at += 1) find();
  assert.deepEqual(asked, [8]);
  find();
  assert.deepEqual(asked, [8, 4]);
  // One for each poll that waits at least, and two at most.
  for (let at = 0; at < 4; at += 1) find();
  for (let polls = 0; polls < 10; polls += 1) wait();
  const coming = asked.reduce((sum, each) => sum + each, 0) - 8;
  assert.ok(coming >= 10 && coming <= 2 * 10 + 8, String(asked));
  await give();
  assert.equal(desk.askers(LANE.name), 0);
  await clock.advance(1_500);
  assert.equal(desk.ready(LANE.name), 0);
  await source.stop();
});

test('a stream that has nothing is asked for no more than at first, however often its requests end', async () => {
  const { clock, source, asked, give, over } = opened();
  const release = source.hold();
  await give();
  for (let at = 0; at < 20; at += 1) {
    over();
    await clock.advance(200);
  }
  release();
  assert.ok(Math.max(...asked) <= 8 + 2, String(asked));
  await source.stop();
});
