import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damage } from '../../../../src/cli/screen/live/damage.ts';
import { layRow, type Row } from '../../../../src/cli/screen/live/row.ts';
import { dice, pick } from '../../../helpers/dice.ts';
import { openGlass } from '../../../helpers/glass.ts';

const WIDTH = 24;
const lay = (line: string, unicode = true): Row => layRow(line, { width: WIDTH, unicode });
const NO_WRAP = '\u001b[?7l';

test('a line is cut at the width, and never in the middle of a character', () => {
  const row = (text: string, width: number): string => layRow(text, { width, unicode: true }).texts.join('|');
  assert.equal(row('abcdef', 3), 'a|b|c');
  assert.equal(row('a漢字', 4), 'a|漢|| ');
  assert.equal(row('e\u0301x', 3), 'e\u0301|x| ');
  assert.equal(row('👩‍👩‍👧!', 4), '👩‍👩‍👧||!| ');
});

test('styles become looks, and what else begins with an escape never reaches the terminal', () => {
  const row = lay('\u001b[1ma\u001b[31mb\u001b[39m\u001b[22mc\u001b[2J\u001b]0;x\u0007d');
  assert.deepEqual(row.looks.slice(0, 4), ['1', '1;31', '', '']);
  assert.equal(row.texts.join('').trimEnd(), 'abc]0;xd');
  assert.ok(!damage(undefined, [row]).includes('\u001b[2J'));
});

test('where only ASCII is shown, each column of other text is a question mark', () => {
  assert.equal(lay('a漢é|', false).texts.join('').trimEnd(), 'a???|');
});

test('what does not change is not written, and what does is written alone', () => {
  const before = [lay('in flight 10'), lay('failed 3')];
  assert.equal(damage(before, [lay('in flight 10'), lay('failed 3')]), '');
  assert.equal(damage(before, [lay('in flight 10'), lay('failed 4')]), '\u001b[2;8H4');
  assert.equal(damage(before, [lay('in flight 11'), lay('failed 3')]), '\u001b[1;12H1');
});

/** Pieces of which lines are made; terminals and we have different ideas of how wide some of them are. */
const PIECES = [
  ...['a', 'bc', ' ', '0', '漢', '字字', '한', 'e\u0301', '…', '→', '█', '·'],
  ...['😀', '👩‍👩‍👧', '✓', '☎\ufe0f', '🇩🇪', 'é'],
];
const STYLES = [
  '\u001b[1m',
  '\u001b[22m',
  '\u001b[31m',
  '\u001b[39m',
  '\u001b[2m',
  '\u001b[7m',
  '\u001b[27m',
  '\u001b[0m',
];

test('a thousand pictures, each drawn over the one before, look like pictures drawn anew', async () => {
  const chance = dice(20261128);
  const below = (most: number): number => Math.floor(chance() * most);
  const glass = openGlass(WIDTH, 4);
  await glass.write(NO_WRAP);
  let rows: Row[] | undefined;
  let written = 0;
  for (let round = 0; round < 1000; round += 1) {
    const line = (): string =>
      Array.from({ length: below(17) }, () => (below(4) === 0 ? pick(chance, STYLES) : pick(chance, PIECES))).join('');
    const next = Array.from({ length: 4 }, (_, at) => (rows !== undefined && below(3) === 0 ? rows[at]! : lay(line())));
    const bytes = damage(rows, next);
    written += bytes.length;
    await glass.write(bytes);
    if (round % 10 === 0) {
      const anew = openGlass(WIDTH, 4);
      await anew.write(NO_WRAP + damage(undefined, next));
      assert.deepEqual(glass.cells(), anew.cells(), `picture ${round}`);
    }
    rows = next;
  }
  assert.ok(written > 50_000);
});
