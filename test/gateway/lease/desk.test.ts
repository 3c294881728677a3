import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asker, Desk } from '../../../src/gateway/lease/desk.ts';
import type { Job } from '../../../src/gateway/lease/lease.ts';
import { turn } from '../../../src/time/turn.ts';
import { dice, pick } from '../../helpers/dice.ts';

function job(taskId: string, lane = 'a'): Job {
  return { taskId, lane, attempt: 1, deliveries: 0 };
}

interface Polling extends Asker<Job> {
  readonly got: string[];
}

function poll(desk: Desk<Job>, lanes: readonly string[], most = 1): Polling & { leave(): void } {
  const got: string[] = [];
  const asker = { lanes, most, got, take: (jobs: readonly Job[]) => void got.push(...jobs.map((each) => each.taskId)) };
  return Object.assign(asker, { leave: desk.join(asker) });
}

test('who waits longest is served first, and who left is not served', async () => {
  const desk = new Desk<Job>();
  const polls = [poll(desk, ['a']), poll(desk, ['b', 'a']), poll(desk, ['a'])] as const;
  polls[0].leave();
  desk.offer(job('1'));
  desk.offer(job('2'));
  await turn();
  assert.deepEqual(
    polls.map(({ got }) => got),
    [[], ['1'], ['2']],
  );
  assert.equal(desk.askers('a'), 0);
  assert.equal(desk.askers('b'), 0);
});

test('what comes in one turn is shared out: one for each before anybody has a second', async () => {
  const desk = new Desk<Job>();
  const polls = [poll(desk, ['a'], 5), poll(desk, ['a'], 1), poll(desk, ['a'], 3)];
  for (const id of ['1', '2', '3', '4', '5', '6']) desk.offer(job(id));
  await turn();
  assert.deepEqual(
    polls.map(({ got }) => got),
    [['1', '4', '6'], ['2'], ['3', '5']],
  );
});

test('the only one who asks has at once what the line would give it; where others stand, it has to join them', async () => {
  const desk = new Desk<Job>(() => 1);
  assert.equal(desk.next(['a', 'b']), undefined);
  for (const id of ['1', '2', '3']) desk.offer(job(id));
  desk.offer(job('4', 'b'));
  // The lane that was served longest ago goes first, as in the line.
  assert.deepEqual(
    [desk.next(['a', 'b']), desk.next(['a', 'b']), desk.next(['b'])].map((each) => each?.taskId),
    ['1', '4', undefined],
  );
  assert.deepEqual([desk.ready('a'), desk.weight('a'), desk.weight('b')], [2, 2, 0]);
  const waiting = poll(desk, ['a']);
  assert.equal(desk.next(['b', 'a']), undefined);
  await turn();
  assert.deepEqual(waiting.got, ['2']);
  assert.equal(desk.next(['a'])?.taskId, '3');
});

test('a poll takes what is there at once, and does not wait for more', async () => {
  const desk = new Desk<Job>();
  desk.offer(job('1'));
  const five = poll(desk, ['a'], 5);
  await turn();
  assert.deepEqual(five.got, ['1']);
});

test('a lane with one task is served within two, however many another one has', async () => {
  const desk = new Desk<Job>();
  for (let at = 0; at < 1_000; at += 1) desk.offer(job(`a${at}`));
  desk.offer(job('b0', 'b'));
  const first = poll(desk, ['a', 'b']);
  await turn();
  const second = poll(desk, ['a', 'b']);
  await turn();
  assert.ok([...first.got, ...second.got].includes('b0'));
  const many = poll(desk, ['a', 'b', 'c'], 4);
  desk.offer(job('c0', 'c'));
  desk.offer(job('b1', 'b'));
  await turn();
  assert.deepEqual(new Set(many.got.map((id) => id[0])), new Set(['a', 'b', 'c']));
});

test('it is known what the tasks that wait weigh, however they come and go', async () => {
  const desk = new Desk<Job>(({ taskId }) => taskId.length);
  for (const id of ['1', '22', '333']) desk.offer(job(id));
  desk.handBack([job('4444')]);
  assert.equal(desk.weight('a'), 10);
  poll(desk, ['a'], 2);
  await turn();
  assert.equal(desk.weight('a'), 5);
  desk.remove('a', ({ taskId }) => taskId === '333');
  assert.equal(desk.weight('a'), 2);
  desk.remove('a');
  assert.equal(desk.weight('a'), 0);
});

test('what is handed back goes before the others, in its order', async () => {
  const desk = new Desk<Job>();
  desk.offer(job('3'));
  desk.handBack([job('1'), job('2')]);
  const all = poll(desk, ['a'], 3);
  await turn();
  assert.deepEqual(all.got, ['1', '2', '3']);
});

for (const seed of [11, 12, 13]) {
  test(`nothing is lost or doubled, no poll gets more than it asked for or what it did not, and nobody waits beside a task (seed ${seed})`, async () => {
    const throwDice = dice(seed);
    const lanes = ['a', 'b', 'c', 'd'];
    const desk = new Desk<Job>();
    const polls: (Polling & { leave(): void; open: boolean; ids: Set<string> })[] = [];
    const offered = new Set<string>();
    let made = 0;
    for (let step = 0; step < 2_000; step += 1) {
      const chance = throwDice();
      if (chance < 0.4) {
        made += 1;
        const id = `${pick(throwDice, lanes)}${made}`;
        offered.add(id);
        desk.offer(job(id, id[0]));
      } else if (chance < 0.8) {
        const wanted = lanes.filter(() => throwDice() < 0.5);
        const most = 1 + Math.floor(throwDice() * 4);
        if (wanted.length > 0)
          polls.push(Object.assign(poll(desk, wanted, most), { open: true, ids: new Set<string>() }));
      } else if (chance < 0.9 && polls.length > 0) {
        const leaving = pick(throwDice, polls);
        leaving.leave();
        leaving.open = false;
      }
      if (throwDice() < 0.5) continue;
      await turn();
      const waiting = polls.filter(({ open, got }) => open && got.length === 0);
      for (const lane of lanes) {
        const asking = waiting.filter((each) => each.lanes.includes(lane)).length;
        assert.equal(desk.askers(lane), asking);
        assert.ok(asking === 0 || desk.ready(lane) === 0, 'a task and a poll for it wait at the same time');
      }
    }
    await turn();
    const got = polls.flatMap((each) => each.got);
    for (const each of polls) {
      assert.ok(each.got.length <= each.most);
      for (const id of each.got) assert.ok(each.lanes.includes(id[0] ?? ''));
    }
    const left = lanes.flatMap((lane) => desk.remove(lane).map(({ taskId }) => taskId));
    assert.ok(got.length > 300);
    assert.deepEqual([...got, ...left].sort(), [...offered].sort());
  });
}

test('twenty pollers that ask again at once have equal loads', async () => {
  const desk = new Desk<Job>();
  const loads = new Array<number>(20).fill(0);
  const again = (at: number): void => {
    desk.join({
      lanes: ['a', 'b'],
      most: 1,
      take: () => {
        loads[at] = (loads[at] ?? 0) + 1;
        again(at);
      },
    });
  };
  for (let at = 0; at < 20; at += 1) again(at);
  for (let at = 0; at < 1_000; at += 1) {
    desk.offer(job(`t${at}`, at % 3 === 0 ? 'b' : 'a'));
    if (at % 7 === 0) await turn();
  }
  for (let left = 0; left < 60; left += 1) await turn();
  assert.deepEqual(loads, new Array(20).fill(50));
});
