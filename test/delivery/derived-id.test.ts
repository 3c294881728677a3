import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSubjectToken } from '../../src/contract/subject-grammar.ts';
import { derivedId } from '../../src/delivery/derived-id.ts';

test('the same parts are the same id, others are another', () => {
  assert.equal(derivedId('gateway', 'key 1'), derivedId('gateway', 'key 1'));
  const parts = [['a', 'b'], ['ab'], ['a', 'b', ''], ['', 'ab'], ['a', 'B'], ['b', 'a'], []];
  assert.equal(new Set(parts.map((each) => derivedId(...each))).size, parts.length);
  // Once given out it never changes: ids of years ago must be met again.
  assert.equal(derivedId('gateway', 'größe'), 'd6638289-2a9c-8c98-b184-b884b6d6c222');
});

test('it is a uuid, and a token of a subject, whatever it was made of', () => {
  for (let at = 0; at < 1_000; at += 1) {
    const id = derivedId('x', String(at), '.*>\u0000 ');
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(isSubjectToken(id));
  }
});
