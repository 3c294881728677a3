import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handleOf, pathSafe, stemIn } from '../../../src/gateway/lease/handle.ts';
import { dice, pick } from '../../helpers/dice.ts';

test('the first delivery of a plain id is the id, and each later one says which it is', () => {
  assert.equal(handleOf({ taskId: '3f1c-7.b_2' }, 1), '3f1c-7.b_2');
  assert.equal(handleOf({ taskId: '3f1c-7.b_2' }, 2), '3f1c-7.b_2~2');
  assert.equal(handleOf({ taskId: '3f1c-7.b_2' }, 17), '3f1c-7.b_2~17');
});

test('a handle stands in a path as it is, whatever the id is, and comes back as it was sent', () => {
  const throwDice = dice(7);
  const signs = [
    'a',
    'Z',
    '9',
    '.',
    '-',
    '_',
    '~',
    '=',
    '/',
    '%',
    '?',
    '#',
    ' ',
    '\\',
    'é',
    '漢',
    '🙂',
    '\n',
    '2',
    'f',
    'z',
    'h',
  ];
  const seen = new Map<string, string>();
  const ids = [
    '',
    '.',
    '..',
    '...',
    '~',
    'a~2',
    'a=7e2',
    '=z',
    '=h',
    'x'.repeat(5_000),
    'x'.repeat(5_001),
    '/'.repeat(300),
  ];
  for (let each = 0; each < 20_000; each += 1) {
    let id = '';
    for (let left = Math.floor(throwDice() * 6); left >= 0; left -= 1) id += pick(throwDice, signs);
    ids.push(id);
  }
  for (const id of ids) {
    const handle = handleOf({ taskId: id }, 2);
    assert.match(handle, /^[A-Za-z0-9._=-]{1,260}~2$/);
    const url = new URL(`http://gateway/v1/tasks/${pathSafe(id)}/resolve`);
    assert.equal(url.pathname, `/v1/tasks/${pathSafe(id)}/resolve`);
    assert.equal(seen.get(handle) ?? id, id, `${JSON.stringify(id)} and ${JSON.stringify(seen.get(handle))}`);
    seen.set(handle, id);
  }
});

test('no id makes the handle of another delivery', () => {
  assert.notEqual(handleOf({ taskId: 'a~2' }, 1), handleOf({ taskId: 'a' }, 2));
  assert.notEqual(handleOf({ taskId: 'a' }, 12), handleOf({ taskId: 'a~1' }, 2));
});

test('another message with the same id has handles of its own, and none that a delivery of the first could have', () => {
  const twins = [1, 2, 17].map((delivery) => handleOf({ taskId: 'a', twin: 17 }, delivery));
  assert.deepEqual(twins, ['a~17~1', 'a~17~2', 'a~17~17']);
  assert.deepEqual(twins.map(stemIn), ['a~17', 'a~17', 'a~17']);
  assert.deepEqual([handleOf({ taskId: 'a' }, 1), handleOf({ taskId: 'a' }, 17)].map(stemIn), ['a', 'a']);
});
