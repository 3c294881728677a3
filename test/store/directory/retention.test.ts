import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullAt, surplus } from '../../../src/store/directory/retention.ts';
import type { Segment } from '../../../src/store/directory/segment.ts';

const NOTHING = { bytes: 0, messages: 0 };

const segment = (count: number, bytes: number, lastAt: number): Segment => ({
  base: 1,
  first: 1,
  last: count,
  count,
  bytes,
  firstAt: lastAt,
  lastAt,
});

test('a segment is full at an eighth of what the limits allow, and at 16 MiB', () => {
  assert.deepEqual(fullAt({ maxMessages: 800, maxBytes: 80_000, maxAgeMs: 8000 }), {
    messages: 100,
    bytes: 10_000,
    ageMs: 1000,
  });
  const { bytes, messages, ageMs } = fullAt({});
  assert.deepEqual([bytes, messages, ageMs], [16 * 1024 * 1024, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assert.equal(fullAt({ maxMessages: 3 }).messages, 1);
});

test('the oldest segments go until every limit holds', () => {
  const segments = [segment(10, 1000, 100), segment(10, 1000, 200), segment(5, 500, 300)];
  assert.equal(surplus(segments, {}, 1000, NOTHING), 0);
  assert.equal(surplus(segments, { maxMessages: 25 }, 1000, NOTHING), 0);
  assert.equal(surplus(segments, { maxMessages: 24 }, 1000, NOTHING), 1);
  assert.equal(surplus(segments, { maxMessages: 25 }, 1000, { bytes: 0, messages: 1 }), 1);
  assert.equal(surplus(segments, { maxBytes: 2500 }, 1000, { bytes: 1, messages: 1 }), 1);
  assert.equal(surplus(segments, { maxBytes: 2500 }, 1000, { bytes: 2500, messages: 1 }), 3);
  assert.equal(surplus(segments, { maxAgeMs: 800 }, 1000, NOTHING), 2);
  assert.equal(surplus(segments, { maxAgeMs: 100 }, 1000, NOTHING), 3);
  assert.equal(surplus([segment(0, 16, 0)], { maxAgeMs: 100 }, 1000, NOTHING), 0, 'an empty one is not old');
});
