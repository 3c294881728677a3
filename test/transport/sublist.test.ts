import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { subjectMatches } from '../../src/contract/subject-grammar.ts';
import { Sublist } from '../../src/transport/sublist.ts';
import { dice, pick } from '../helpers/dice.ts';

const CASES: readonly (readonly [pattern: string, matches: readonly string[], not: readonly string[]])[] = [
  ['a', ['a'], ['', 'b', 'a.b', 'A', '.a', 'a.']],
  ['a.b', ['a.b'], ['a', 'b', 'a.b.c', 'a..b']],
  ['*', ['a', '*', '>'], ['a.b', '']],
  ['a.*', ['a.b', 'a.*'], ['a', 'a.', 'a.b.c', 'b.a']],
  ['*.b', ['a.b', 'b.b'], ['b', '.b', 'a.b.b']],
  ['a.*.c', ['a.b.c'], ['a.c', 'a..c', 'a.b.b.c']],
  ['>', ['a', 'a.b.c'], ['', '.', 'a.', '.a', 'a..b']],
  ['a.>', ['a.b', 'a.b.c'], ['a', 'a.', 'b.a']],
  ['a.*.>', ['a.b.c', 'a.b.c.d'], ['a.b', 'a..c']],
  ['a*.b', ['a*.b'], ['ab.b', 'a.b']],
  ['__proto__.constructor', ['__proto__.constructor'], ['toString.constructor']],
];

describe('a pattern stands for', () => {
  for (const [pattern, matches, not] of CASES) {
    test(pattern, () => {
      const list = new Sublist<string>();
      list.insert(pattern, 'x');
      for (const subject of matches) assert.deepEqual(list.match(subject).plain, ['x'], subject);
      for (const subject of not) assert.deepEqual(list.match(subject).plain, [], `not ${JSON.stringify(subject)}`);
    });
  }
});

test('groups are merged by name over patterns, and kept apart from plain subscriptions', () => {
  const list = new Sublist<string>();
  list.insert('a.*', 'one', 'q');
  list.insert('a.b', 'two', 'q');
  list.insert('>', 'three', 'r');
  list.insert('a.b', 'four');
  const { plain, groups } = list.match('a.b');
  assert.deepEqual(plain, ['four']);
  assert.deepEqual(groups.map((group) => [...group].sort()).sort(), [['one', 'two'], ['three']]);
  assert.equal(list.size, 4);
});

test('a result stays as it is while the list changes, and the next one knows the change', () => {
  const list = new Sublist<string>();
  list.insert('a.b', 'one');
  const before = list.match('a.b');
  list.insert('a.*', 'two');
  list.insert('a.b', 'three');
  assert.deepEqual(before.plain, ['one']);
  assert.deepEqual([...list.match('a.b').plain].sort(), ['one', 'three', 'two']);
  list.remove('a.*', 'two');
  list.remove('a.b', 'one');
  assert.deepEqual(list.match('a.b').plain, ['three']);
});

test('what was never there is not removed, what is there twice counts once', () => {
  const list = new Sublist<string>();
  list.insert('a.b', 'x');
  list.insert('a.b', 'x');
  assert.equal(list.size, 1);
  assert.equal(list.remove('a.b', 'y'), false);
  assert.equal(list.remove('a.b', 'x', 'q'), false);
  assert.equal(list.remove('a.b.c', 'x'), false);
  assert.equal(list.remove('a', 'x'), false);
  assert.equal(list.remove('a.b', 'x'), true);
  assert.equal(list.remove('a.b', 'x'), false);
  assert.equal(list.size, 0);
});

test('it agrees with looking at every pattern, through thousands of changes', () => {
  const tokens = ['a', 'b', 'c'];
  for (let seed = 1; seed <= 20; seed += 1) {
    const roll = dice(seed);
    const list = new Sublist<number>();
    const kept = new Map<number, { pattern: string; queue: string | undefined }>();
    for (let step = 0; step < 400; step += 1) {
      const depth = 1 + Math.floor(roll() * 4);
      const pattern = Array.from({ length: depth }, (_, at) =>
        at === depth - 1 && roll() < 0.2 ? '>' : pick(roll, [...tokens, '*']),
      ).join('.');
      const queue = roll() < 0.3 ? pick(roll, ['q', 'r']) : undefined;
      if (roll() < 0.55 || kept.size === 0) {
        list.insert(pattern, step, queue);
        kept.set(step, { pattern, queue });
      } else {
        const value = pick(roll, [...kept.keys()]);
        const { pattern: of, queue: group } = kept.get(value) as { pattern: string; queue: string | undefined };
        assert.equal(list.remove(of, value, group), true);
        kept.delete(value);
      }
      const subject = Array.from({ length: 1 + Math.floor(roll() * 4) }, () => pick(roll, tokens)).join('.');
      const expected = [...kept].filter(([, { pattern: of }]) => subjectMatches(of, subject));
      const { plain, groups } = list.match(subject);
      assert.deepEqual(
        [...plain].sort(),
        expected
          .filter(([, { queue: q }]) => q === undefined)
          .map(([value]) => value)
          .sort(),
      );
      const grouped = ['q', 'r'].map((name) =>
        expected.filter(([, { queue: q }]) => q === name).map(([value]) => value),
      );
      assert.deepEqual(sorted(groups), sorted(grouped.filter((group) => group.length > 0)));
    }
    assert.equal(list.size, kept.size);
  }
});

test('ten thousand subscriptions cost a match no more than ten', () => {
  const cost = (subscriptions: number): number => {
    const list = new Sublist<number>();
    for (let index = 0; index < subscriptions; index += 1) list.insert(`inbox.${index}.*`, index);
    const start = performance.now();
    // Fresh subjects, so that nothing is remembered.
    for (let index = 0; index < 20_000; index += 1) list.match(`inbox.${index % subscriptions}.${index}`);
    return performance.now() - start;
  };
  cost(10);
  const few = Math.min(cost(10), cost(10), cost(10));
  const many = Math.min(cost(10_000), cost(10_000), cost(10_000));
  // Looking at every subscription would be a thousand times slower; caches of the machine explain a little.
  assert.ok(many < few * 50 + 50, `${few} ms with 10, ${many} ms with 10000`);
});

test('what is remembered does not grow with how many hear it', () => {
  const list = new Sublist<number>();
  for (let index = 0; index < 50_000; index += 1) list.insert('>', index);
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 400; index += 1) assert.equal(list.match(`a.${index}`).plain.length, 50_000);
  // All of them would be 160 MB.
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 60e6, `${grown} bytes`);
});

function sorted(groups: readonly (readonly number[])[]): string[] {
  return groups.map((group) => [...group].sort().join()).sort();
}
