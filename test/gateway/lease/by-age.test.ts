import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByAge } from '../../../src/gateway/lease/by-age.ts';
import { Ledger, MEMORY_MS } from '../../../src/gateway/lease/ledger.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { dice } from '../../helpers/dice.ts';

test('the oldest goes first, when its time has come; what is left is what a plain list would hold', () => {
  const roll = dice(7);
  const things = new ByAge<number>();
  const plain: { thing: number; at: number }[] = [];
  for (let now = 0; now < 40_000; now += 1) {
    // Now many come, now many go, so that the list is made anew at every size.
    if (roll() < (now % 10_000 < 5_000 ? 0.8 : 0.2)) {
      things.add(now, now);
      plain.push({ thing: now, at: now });
    }
    const than = now - Math.floor(roll() * 3_000);
    const expected = plain[0] !== undefined && plain[0].at <= than ? plain.shift()?.thing : undefined;
    assert.equal(things.takeOlder(than), expected);
    assert.equal(things.size, plain.length);
  }
});

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
