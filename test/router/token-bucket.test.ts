import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenBucket, tokensPerMinute } from '../../src/router/token-bucket.ts';

const LOCAL = { maxConcurrent: 4, tokensPerMinute: 100_000 };

test('Heddle refills by max_concurrent: a burst of four, then four a minute', () => {
  const bucket = tokenBucket(LOCAL, 'max_concurrent', 0);
  const quick = Array.from({ length: 100 }, () => bucket.take(0)).filter(Boolean);
  assert.equal(quick.length, 4);
  assert.equal(bucket.take(14_999), false);
  assert.equal(bucket.take(15_000), true);
  assert.equal(bucket.take(15_000), false);
});

test('fractions add up, a refusal costs nothing, and the bucket is never more than full', () => {
  const bucket = tokenBucket(LOCAL, 'max_concurrent', 0);
  for (let at = 0; at < 4; at += 1) bucket.take(0);
  for (let now = 1_000; now < 15_000; now += 1_000) assert.equal(bucket.take(now), false, `at ${now}`);
  assert.equal(bucket.take(15_000), true);
  assert.equal(bucket.level(10_000_000), 4);
});

test('as documented: tokens_per_minute refills, max_concurrent is only the burst', () => {
  const bucket = tokenBucket({ maxConcurrent: 2, tokensPerMinute: 600 }, 'tokens_per_minute', 0);
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, false]);
  assert.equal(bucket.take(100), true);
  assert.equal(tokensPerMinute({ maxConcurrent: 3, tokensPerMinute: undefined }, 'tokens_per_minute'), 3);
});

test('a clock that steps back neither gives nor takes', () => {
  const bucket = tokenBucket({ maxConcurrent: 1, tokensPerMinute: undefined }, 'max_concurrent', 60_000);
  assert.equal(bucket.take(60_000), true);
  assert.equal(bucket.take(0), false);
  assert.equal(bucket.take(119_999), false);
  assert.equal(bucket.take(120_001), true);
});

test('the level goes over to a new bucket, cut to its size', () => {
  assert.equal(tokenBucket(LOCAL, 'max_concurrent', 0, 1.5).level(0), 1.5);
  assert.equal(tokenBucket(LOCAL, 'max_concurrent', 0, 9).level(0), 4);
});
