import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';

const GOOD: readonly (readonly [text: string, words: readonly string[]])[] = [
  ['prog', ['prog']],
  ['  prog   a\tb\n', ['prog', 'a', 'b']],
  [`prog 'two words' "and more"`, ['prog', 'two words', 'and more']],
  [`prog ''`, ['prog', '']],
  [`a'b'"c"d`, ['abcd']],
  [`prog "say \\"hi\\" \\\\ \\n"`, ['prog', 'say "hi" \\ \\n']],
  [`C:\\Tools\\x.exe 'C:\\a b\\c'`, ['C:\\Tools\\x.exe', 'C:\\a b\\c']],
  [
    'prog $HOME *.txt | cat; rm -rf ~ && x `y` $(z) > out',
    ['prog', '$HOME', '*.txt', '|', 'cat;', 'rm', '-rf', '~', '&&', 'x', '`y`', '$(z)', '>', 'out'],
  ],
  ['["prog", "a \\"b\\"", ""]', ['prog', 'a "b"', '']],
];
const BAD: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /names no program/],
  ['   ', /names no program/],
  [`"" a`, /names no program/],
  [`prog 'a`, /a ' at character 6 that is never closed/],
  [`prog "a\\"`, /a " at character 6/],
  ['[1]', /not one of strings/],
  ['[prog', /no JSON array/],
  ['[]', /names no program/],
  ['prog a\0b', /NUL/],
];

for (const [text, words] of GOOD) {
  test(`splits ${JSON.stringify(text)}`, () => assert.deepEqual(splitCommand(text), words));
}
for (const [text, why] of BAD) {
  test(`refuses ${JSON.stringify(text)}`, () =>
    assert.throws(() => splitCommand(text), { code: 'usage', message: why }));
}
