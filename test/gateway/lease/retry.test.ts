import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFailure } from '../../../src/gateway/lease/retry.ts';

test('a failure is final by its kind, or when the attempts are used up', () => {
  assert.deepEqual(afterFailure({ kind: 'non_retriable' }, 1, 5), { again: false });
  assert.deepEqual(afterFailure({ kind: 'retriable' }, 1, 1), { again: false });
  assert.deepEqual(afterFailure({ kind: 'retriable' }, 1, 3), { again: true, afterMs: 0, attempt: 2 });
  assert.deepEqual(afterFailure({ kind: 'retry_after', afterMs: 5_000 }, 2, 3), {
    again: true,
    afterMs: 5_000,
    attempt: 3,
  });
  assert.deepEqual(afterFailure({ kind: 'retry_after', afterMs: 5_000 }, 3, 3), { again: false });
});
