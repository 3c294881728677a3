import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth, padEnd, padStart, truncate } from '../../../src/cli/screen/width.ts';

test('columns', () => {
  const cases: [text: string, width: number][] = [
    ['', 0],
    ['plain', 5],
    ['Grüße', 5],
    ['a\u0301e\u0300', 2],
    ['日本語', 6],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['😀', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['🇩🇪🇫🇷', 4],
    ['❤️', 2],
    ['❤', 1],
    ['✓ ✗ ‼ → • …', 11],
    ['é日😀', 5],
    ['\u{20000}', 2],
  ];
  for (const [text, width] of cases) assert.equal(displayWidth(text), width, JSON.stringify(text));
});

test('filling', () => {
  assert.equal(padEnd('日本', 6), '日本  ');
  assert.equal(padStart('日本', 6), '  日本');
  assert.equal(padEnd('long', 2), 'long');
  assert.equal(padEnd('e\u0301', 3), 'e\u0301  ');
});

test('cutting', () => {
  const cases: [text: string, width: number, cut: string][] = [
    ['short', 5, 'short'],
    ['shorter', 5, 'shor…'],
    ['', 0, ''],
    ['abc', 0, ''],
    ['abc', 1, '…'],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['日本語', 1, '…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['👨‍👩‍👧 family', 4, '👨‍👩‍👧 …'],
    ['🇩🇪🇫🇷🇮🇹', 5, '🇩🇪🇫🇷…'],
    ['plain then ü', 8, 'plain t…'],
    ['abcde\u0301', 5, 'abcde\u0301'],
    ['abcde\u0301f', 5, 'abcd…'],
  ];
  for (const [text, width, cut] of cases) {
    assert.equal(truncate(text, width), cut, JSON.stringify([text, width]));
    assert.ok(displayWidth(truncate(text, width)) <= width);
  }
  assert.equal(truncate('shorter', 5, '...'), 'sh...');
  assert.equal(truncate('shorter', 2, '...'), 'sh');
});

test('cutting never exceeds the width and never splits a pair', () => {
  const pieces = ['a', 'ü', '日', '😀', 'e\u0301', '🇩🇪', '👍🏽', ' '];
  let seed = 7;
  const next = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed;
  };
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: next() % 12 }, () => pieces[next() % pieces.length]).join('');
    for (const width of [0, 1, 2, 3, 5, 8]) {
      const cut = truncate(text, width);
      assert.ok(displayWidth(cut) <= width, JSON.stringify([text, width, cut]));
      assert.doesNotMatch(cut, /\p{Cs}/u);
      if (displayWidth(text) <= width) assert.equal(cut, text);
    }
  }
});

test('a letter under a million marks is cut down', () => {
  assert.ok(truncate(`a${'\u0301'.repeat(1_000_000)}`, 10).length < 100);
});
