import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pulse } from '../../src/broker/pulse.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';

test('who is heard is not asked, once it is known how long an answer takes; silence is asked, and ends', async () => {
  const clock = createFakeClock();
  const pulse = new Pulse(clock);
  await clock.advance(40);
  assert.equal(pulse.roundTrip, undefined);
  pulse.heard();
  pulse.introduced();
  assert.equal(pulse.roundTrip, 40);
  await clock.advance(1_000);
  pulse.introduced();
  assert.equal(pulse.roundTrip, 40, 'the first introduction counts');
  assert.deepEqual([pulse.look(2), pulse.look(2)], ['well', 'ask']);
  await clock.advance(7);
  pulse.heard();
  pulse.answered();
  assert.deepEqual([pulse.roundTrip, pulse.lastHeard, pulse.look(2)], [7, clock.now(), 'well']);
  const last = pulse.lastHeard;
  await clock.advance(1_000);
  assert.deepEqual([pulse.look(2), pulse.look(2), pulse.look(2)], ['ask', 'ask', 'gone']);
  assert.equal(pulse.lastHeard, last);
});

test('what is said is no answer: an open question stays open until it has one', async () => {
  const clock = createFakeClock();
  const pulse = new Pulse(clock);
  pulse.introduced();
  pulse.look(1);
  assert.equal(pulse.look(1), 'ask');
  pulse.heard();
  assert.equal(pulse.look(1), 'gone');
  await clock.advance(5);
  pulse.answered();
  assert.equal(pulse.roundTrip, 5);
  await clock.advance(5);
  pulse.answered();
  assert.equal(pulse.roundTrip, 5, 'an answer to nothing measures nothing');
});

test('who has not introduced itself is asked though it is heard', () => {
  const pulse = new Pulse(createFakeClock());
  pulse.heard();
  assert.equal(pulse.look(3), 'ask');
});
