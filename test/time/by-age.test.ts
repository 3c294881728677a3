import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByAge } from '../../src/time/by-age.ts';
import { dice } from '../helpers/dice.ts';

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
