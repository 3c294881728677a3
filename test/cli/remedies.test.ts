import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atFlag } from '../../src/cli/flags/flag.ts';
import { adviceText, withAdvice } from '../../src/cli/remedies.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Advice } from '../../src/remedy.ts';

const RULE: readonly (readonly [advice: Advice, text: string | undefined])[] = [
  [{}, undefined],
  [{ hint: 'Save it.' }, 'Save it.'],
  [{ remedy: { do: 'choose-free-port' } }, 'Leave --port out for a free one.'],
  [
    { hint: 'The port is taken.', remedy: { do: 'choose-free-port' } },
    'The port is taken. Leave --port out for a free one.',
  ],
  [
    { remedy: { do: 'any-of', advice: [{ remedy: { do: 'check-server' } }, {}, { hint: 'Look at its log.' }] } },
    'Look whether the server runs: heddle-ts preflight. Look at its log.',
  ],
];

test('what to do is the hint, then the remedy in our words', () => {
  for (const [advice, text] of RULE) assert.equal(adviceText(advice), text);
  assert.equal(withAdvice({ message: 'gone', hint: 'again' }), 'gone (again)');
  assert.equal(withAdvice({ message: 'gone' }), 'gone');
});

test('what a room finds wrong with a value is said after the flag, and nothing of it is lost', () => {
  const cause = new Error('why');
  const remedy = { do: 'name-check' } as const;
  const fails = (error: Error) => () =>
    atFlag('--ignore', () => {
      throw error;
    });
  assert.throws(fails(new HeddleError('usage', 'there is no check "x"', { hint: 'So.', remedy, cause })), {
    code: 'usage',
    message: '--ignore: there is no check "x"',
    hint: 'So.',
    remedy,
    cause,
  });
  const other = new HeddleError('input_unreadable', 'no such file');
  assert.throws(fails(other), (thrown) => thrown === other);
  assert.equal(
    atFlag('--ignore', () => 7),
    7,
  );
});
