import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, Lease } from '../../../src/gateway/lease/lease.ts';
import { Ledger, MEMORY_MS } from '../../../src/gateway/lease/ledger.ts';
import { createFakeClock, type FakeClock } from '../../../src/time/fake-clock.ts';
import { dice, pick } from '../../helpers/dice.ts';

const TERM = { owner: 'w', termMs: 30_000 };

function job(taskId: string, more: Partial<Job> = {}): Job {
  return { taskId, lane: 'ocr.local', attempt: 1, deliveries: 0, ...more };
}

function ledger(): { clock: FakeClock; ledger: Ledger<Job, string>; expired: Lease[] } {
  const clock = createFakeClock();
  const expired: Lease[] = [];
  let ids = 0;
  const made = new Ledger<Job, string>(
    clock,
    () => {
      ids += 1;
      return `l${ids}`;
    },
    (lease) => expired.push(lease),
  );
  return { clock, ledger: made, expired };
}

test('a lease expires at its time; heartbeats at a third of it keep it for ten times as long', async () => {
  const { clock, ledger: leases, expired } = ledger();
  const kept = leases.grant(job('kept'), TERM);
  const lost = leases.grant(job('lost'), TERM);
  for (let beat = 0; beat < 30; beat += 1) {
    await clock.advance(10_000);
    assert.equal(leases.extend(kept), true);
    // Others come and go meanwhile.
    const other = leases.grant(job(`other-${beat}`), TERM);
    await leases.settle(other, 'x', async () => 'done');
  }
  assert.deepEqual(expired, [lost]);
  assert.equal(leases.find(kept.handle, 'w').kind, 'open');
  assert.equal(leases.find(lost.handle, 'w').kind, 'expired');
  assert.equal(leases.extend(lost), false);
  await clock.advance(29_999);
  assert.equal(expired.length, 1);
  await clock.advance(1);
  assert.deepEqual(expired, [lost, kept]);
});

test('the handle of an earlier delivery is stale, and so is the lease id of another', async () => {
  const { clock, ledger: leases } = ledger();
  const first = leases.grant(job('t'), TERM);
  await clock.advance(30_000);
  assert.equal(leases.find('t', 'w').kind, 'expired');
  const second = leases.grant(job('t', { deliveries: 1, attempt: 2 }), TERM);
  assert.equal(second.handle, 't~2');
  assert.equal(leases.find('t', 'w').kind, 'superseded');
  assert.deepEqual(await leases.settle(first, 'x', async () => 'late'), { kind: 'superseded' });
  assert.equal(leases.find('t~2', 'w', first.leaseId).kind, 'superseded');
  assert.equal(leases.find('t~2', 'w', second.leaseId).kind, 'open');
  assert.equal(leases.find('t~2', 'somebody else').kind, 'unknown');
});

test('two messages with one id are two deliveries, and the answer to each is its own', async () => {
  const { ledger: leases } = ledger();
  const one = leases.grant(job('t'), TERM);
  const two = leases.grant(job('t'), TERM);
  assert.deepEqual([one.handle, two.handle], ['t', 't~2']);
  assert.equal((await leases.settle(one, 'x', async () => '1')).kind, 'settled');
  assert.equal((await leases.settle(two, 'x', async () => '2')).kind, 'settled');
});

test('the same answer twice is one answer; another one is refused; after the memory the handle is unknown', async () => {
  const { clock, ledger: leases } = ledger();
  const lease = leases.grant(job('t'), TERM);
  let given = 0;
  const give = async (): Promise<string> => {
    given += 1;
    return `answer ${given}`;
  };
  const both = await Promise.all([leases.settle(lease, 'complete', give), leases.settle(lease, 'complete', give)]);
  assert.deepEqual(both, [
    { kind: 'settled', answer: 'answer 1', duplicate: false },
    { kind: 'settled', answer: 'answer 1', duplicate: true },
  ]);
  assert.deepEqual(await leases.settle(lease, 'fail', give), { kind: 'other_answer' });
  await clock.advance(MEMORY_MS - 1);
  leases.grant(job('x'), TERM);
  assert.equal(leases.find('t', 'w').kind, 'resolved');
  await clock.advance(1);
  leases.grant(job('y'), TERM);
  assert.equal(leases.find('t', 'w').kind, 'unknown');
  assert.equal(given, 1);
});

test('an answer that cannot be given leaves the lease as it was, and holds its expiry off only while it is tried', async () => {
  const { clock, ledger: leases, expired } = ledger();
  const lease = leases.grant(job('t'), TERM);
  let fail = (_: Error): void => {};
  const failing = leases.settle(lease, 'a', () => new Promise((_, reject) => (fail = reject)));
  const other = leases.settle(lease, 'b', async () => 'second');
  await clock.advance(60_000);
  assert.equal(expired.length, 0);
  fail(new Error('the bus is away'));
  await assert.rejects(failing, /away/);
  assert.deepEqual(await other, { kind: 'settled', answer: 'second', duplicate: false });
  const late = leases.grant(job('late'), TERM);
  const never = leases.settle(late, 'a', () => new Promise((_, reject) => (fail = reject)));
  await clock.advance(60_000);
  fail(new Error('the bus is away'));
  await assert.rejects(never);
  await clock.advance(1);
  assert.deepEqual(expired, [late]);
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`whatever happens, each delivery has at most one answer and each task at most one that counts (seed ${seed})`, async () => {
    const throwDice = dice(seed);
    const { clock, ledger: leases, expired } = ledger();
    const handedOut: Lease[] = [];
    const answered = new Map<string, number>();
    const answeredTasks = new Map<string, number>();
    let waiting: Job[] = Array.from({ length: 40 }, (_, at) => job(`t${at}`));
    for (let step = 0; step < 3_000; step += 1) {
      while (expired.length > 0) {
        const { job: of, delivery } = expired.pop() as Lease;
        waiting.push({ ...of, deliveries: delivery, attempt: of.attempt + 1 });
      }
      const chance = throwDice();
      if (chance < 0.3 && waiting.length > 0) {
        const next = pick(throwDice, waiting);
        waiting = waiting.filter((each) => each !== next);
        handedOut.push(leases.grant(next, TERM));
      } else if (chance < 0.5) await clock.advance(throwDice() * 15_000);
      else if (handedOut.length > 0) {
        const lease = pick(throwDice, handedOut);
        const isNewest = leases.find(lease.handle, 'w').kind === 'open';
        if (chance < 0.7) assert.equal(leases.extend(lease), isNewest);
        else if (chance < 0.75) {
          if (leases.revoke(lease)) waiting.push({ ...lease.job, deliveries: lease.delivery });
        } else {
          const done = await leases.settle(lease, pick(throwDice, ['a', 'b']), async () => {
            answered.set(lease.handle, (answered.get(lease.handle) ?? 0) + 1);
            answeredTasks.set(lease.job.taskId, (answeredTasks.get(lease.job.taskId) ?? 0) + 1);
            return 'ok';
          });
          if (done.kind === 'settled' && !done.duplicate) assert.equal(isNewest, true);
          else assert.equal(isNewest, false);
        }
      }
      const open = [...leases.leases()];
      assert.equal(open.length, leases.open);
      assert.equal(new Set(open.map((each) => each.job.taskId)).size, open.length, 'one open lease a task');
    }
    assert.ok(answered.size > 20);
    for (const [handle, times] of [...answered, ...answeredTasks]) assert.equal(times, 1, handle);
  });
}

test('a ledger that remembers as much as it may forgets one for each new one, the oldest first', async () => {
  const clock = createFakeClock();
  let ids = 0;
  const leases = new Ledger<{ taskId: string; lane: string; attempt: number; deliveries: number }, string>(
    clock,
    () => String(ids++),
    () => {},
  );
  const answer = async (taskId: string): Promise<void> => {
    const lease = leases.grant({ taskId, lane: 'ocr.local', attempt: 1, deliveries: 0 }, { owner: 'w', termMs: 1_000 });
    await leases.settle(lease, 'x', async () => 'done');
  };
  for (let at = 0; at <= 100_010; at += 1) await answer(`t-${at}`);
  assert.equal(leases.remembered, 100_001);
  assert.deepEqual(
    [8, 9, 10].map((at) => leases.find(`t-${at}`, 'w').kind),
    ['unknown', 'unknown', 'resolved'],
  );
  await clock.advance(MEMORY_MS + 1);
  await answer('last');
  assert.equal(leases.remembered, 1);
  assert.equal(leases.find('t-100010', 'w').kind, 'unknown');
});
