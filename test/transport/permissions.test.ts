import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { covers, permit } from '../../src/transport/permissions.ts';

describe('a pattern takes in another', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a', 'a', true],
    ['a.*', 'a.b', true],
    ['a.*', 'a.*', true],
    ['a.*', 'a.>', false],
    ['a.>', 'a.*.c', true],
    ['a.>', 'a.>', true],
    ['a.>', 'a', false],
    ['>', 'a.>', true],
    ['*', '>', false],
    ['a.b', 'a.*', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.c.d', false],
  ];
  for (const [pattern, other, expected] of cases) {
    test(`${pattern} and ${other}: ${expected}`, () => assert.equal(covers(pattern, other), expected));
  }
});

test('without rules everything may be done', () => {
  assert.equal(permit(undefined), undefined);
  const all = permit({});
  assert.equal(all?.mayPublish('a'), true);
  assert.equal(all?.maySubscribe('>', undefined), true);
  assert.equal(all?.blinds('>'), undefined);
});

test('an empty list of what is allowed allows nothing', () => {
  const none = permit({ publish: { allow: [] }, subscribe: { allow: [] } });
  assert.equal(none?.mayPublish('a'), false);
  assert.equal(none?.maySubscribe('a', 'q'), false);
});

test('denials win, and decisions that are remembered stay right', () => {
  const some = permit({ publish: { allow: ['a.>'], deny: ['a.*.secret'] } });
  for (let round = 0; round < 2; round += 1) {
    assert.equal(some?.mayPublish('a.b'), true);
    assert.equal(some?.mayPublish('a.b.secret'), false);
    assert.equal(some?.mayPublish('b'), false);
    for (let index = 0; index < 3000; index += 1) assert.equal(some?.mayPublish(`a.${index}`), true);
  }
});

test('what a wildcard must not see is exactly what is denied within it', () => {
  const some = permit({ subscribe: { deny: ['a.*.secret', 'z.>', 'q worker'] } });
  const blind = some?.blinds('a.>');
  assert.equal(blind?.('a.b.secret'), true);
  assert.equal(blind?.('a.b.open'), false);
  assert.notEqual(some?.blinds('*.x'), undefined);
  assert.equal(some?.blinds('b.*'), undefined);
  assert.equal(some?.blinds('*'), undefined);
});
