import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest, didYouMean, editDistance } from '../src/suggest.ts';

const COMMANDS = ['preflight', 'validate', 'submit', 'tail', 'worker', 'router', 'dev', 'status', 'replay', 'help'];

test('close words are suggested, far ones are not', () => {
  const cases: [word: string, candidates: string[], expected: string[]][] = [
    ['submti', COMMANDS, ['submit']],
    ['vaildate', COMMANDS, ['validate']],
    ['pre-flight', COMMANDS, ['preflight']],
    ['Tail', COMMANDS, ['tail']],
    ['tial', COMMANDS, ['tail']],
    ['stats', COMMANDS, ['status']],
    ['deploy', COMMANDS, ['replay']],
    ['start', COMMANDS, []],
    ['xyz', COMMANDS, []],
    ['ls', ['up', 'ps'], ['ps']],
    ['ab', ['cd'], []],
    ['a', ['b'], []],
    ['', COMMANDS, []],
    ['tail', COMMANDS, []],
    ['prod2', ['prod3', 'prod1', 'prod'], ['prod', 'prod1', 'prod3']],
    ['max_concurent', ['max_concurrent', 'max_retries'], ['max_concurrent']],
  ];
  for (const [word, candidates, expected] of cases) {
    assert.deepEqual(closest(word, candidates), expected, word);
  }
});

test('duplicates and the limit', () => {
  assert.deepEqual(closest('prodd', ['prod', 'prod']), ['prod']);
  assert.deepEqual(closest('name0', ['name1', 'name2', 'name3', 'name4'], 2), ['name1', 'name2']);
});

test('a sentence, or nothing', () => {
  assert.equal(didYouMean('tial', COMMANDS), 'did you mean "tail"?');
  assert.equal(didYouMean('prod2', ['prod1', 'prod3', 'prod4']), 'did you mean "prod1", "prod3" or "prod4"?');
  assert.equal(didYouMean('qqqqqq', COMMANDS), undefined);
  assert.equal(didYouMean('prod', ['prod', 'prod2']), undefined, 'it is no slip');
});

test('slips are counted: insertion, deletion, replacement, swap', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abcd', 1],
    ['abc', 'ab', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('giving up early never changes a verdict', () => {
  const words = ['status', 'sattus', 'tsatus', 'stat', 'sutats', 'xstatusx', 'validate', 'router', 'rotuer'];
  for (const a of words) {
    for (const b of words) {
      const exact = editDistance(a, b);
      for (const limit of [1, 2, 3]) {
        const bounded = editDistance(a, b, limit);
        assert.equal(bounded <= limit, exact <= limit, `${a} ${b} ${limit}`);
        if (exact <= limit) assert.equal(bounded, exact);
      }
    }
  }
});

test('huge words cost nothing', () => {
  assert.deepEqual(closest('x'.repeat(1_000_000), COMMANDS), []);
  assert.deepEqual(closest('tail', ['y'.repeat(1_000_000)]), []);
});
