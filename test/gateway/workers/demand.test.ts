import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Demand } from '../../../src/gateway/workers/demand.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';

function demandFor(lingerMs: number) {
  const clock = createFakeClock();
  const told: string[] = [];
  const demand = new Demand(clock, {
    lingerMs,
    grew: () => told.push(`grew${demand.isThere ? '' : ', and is not there'}`),
    ended: () => told.push(`ended${demand.isThere ? ', and is there' : ''}`),
  });
  return { clock, demand, told };
}

test('who asked a moment ago still asks; the moment begins anew with each time, and its end is told once', async () => {
  const { clock, demand, told } = demandFor(1_000);
  assert.equal(demand.isThere, false);
  demand.touch();
  await clock.advance(900);
  demand.touch();
  await clock.advance(999);
  assert.deepEqual([demand.isThere, told.splice(0)], [true, ['grew', 'grew']]);
  await clock.advance(1);
  assert.deepEqual([demand.isThere, told.splice(0)], [false, ['ended']]);
  demand.touch();
  await clock.advance(1_000);
  assert.deepEqual(told, ['grew', 'ended']);
});

test('who asks until further notice is there as long as that, and a moment longer', async () => {
  const { clock, demand, told } = demandFor(1_000);
  const [leave, leaveToo] = [demand.hold(), demand.hold()];
  demand.touch();
  await clock.advance(60_000);
  leave();
  leave();
  await clock.advance(60_000);
  assert.deepEqual([demand.isThere, told.splice(0)], [true, ['grew', 'grew', 'grew', 'grew']], 'one has left, once');
  leaveToo();
  await clock.advance(999);
  assert.deepEqual([demand.isThere, told.splice(0)], [true, ['grew']]);
  await clock.advance(1);
  assert.deepEqual([demand.isThere, told], [false, ['ended']]);
});

test('when it is stopped nobody asks, and no end is told', async () => {
  const { clock, demand, told } = demandFor(1_000);
  const leave = demand.hold();
  demand.touch();
  demand.stop();
  assert.equal(demand.isThere, false);
  leave();
  demand.touch();
  await clock.advance(10_000);
  assert.deepEqual([demand.isThere, told.includes('ended')], [false, false]);
});
