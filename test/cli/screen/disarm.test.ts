import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disarm, disarmLine, quoted } from '../../../src/cli/screen/disarm.ts';

test('what could act on a terminal or hide is shown', () => {
  const cases: [text: string, line: string][] = [
    ['plain', 'plain'],
    ['', ''],
    ['Grüße, 日本語, naïve, 100 €', 'Grüße, 日本語, naïve, 100 €'],
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x1b]8;;http://evil\x1b\\click', '\\x1b]8;;http://evil\\x1b\\click'],
    ['a\rb', 'a\\rb'],
    ['a\nb\tc', 'a\\nb\\tc'],
    ['a\r\nb', 'a\\r\\nb'],
    ['\x00\x08\x7f', '\\x00\\x08\\x7f'],
    ['\x9b31m', '\\x9b31m'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['\u2066a\u2069', '\\u2066a\\u2069'],
    ['\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
    ['a\u200bb\u200cc\u200dd\u2060e\ufefff', 'a\\u200bb\\u200cc\\u200dd\\u2060e\\ufefff'],
    ['soft\u00adhyphen', 'soft\\xadhyphen'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\u{e0041}\u{e007f}', '\\u{e0041}\\u{e007f}'],
    ['x\u3164y\uffa0z', 'x\\u3164y\\uffa0z'],
    ['half \ud800 pair \udc00', 'half \\ud800 pair \\udc00'],
    ['whole 😀 pair', 'whole 😀 pair'],
    ['👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥', '👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥'],
    ['👩\u200dx', '👩\\u200dx'],
    ['\u034f\u17b4\u17b5\u180b\u180f', '\\u034f\\u17b4\\u17b5\\u180b\\u180f'],
    ['a\ufe0fb\ufe0e\u{e0100}\u{e01ef}', 'a\\ufe0fb\\ufe0e\\u{e0100}\\u{e01ef}'],
    ['❤\ufe0f ☎\ufe0e 1\ufe0f\u20e3', '❤\ufe0f ☎\ufe0e 1\ufe0f\u20e3'],
    ['❤\ufe0f\ufe0e\ufe0f', '❤\ufe0f\\ufe0e\\ufe0f'],
    ['1\ufe0f2\ufe0e', '1\\ufe0f2\\ufe0e'],
  ];
  for (const [text, line] of cases) assert.equal(disarmLine(text), line);
});

test('the form of several lines keeps line breaks and tabs, and nothing else', () => {
  assert.equal(disarm('a\n\tb\r\nc\rd\x1b\u202e'), 'a\n\tb\nc\\rd\\x1b\\u202e');
  assert.equal(disarm('a\nb\tc'), 'a\nb\tc');
  assert.equal(disarm('a\r\nb'), 'a\nb');
});

test('every code point below U+3000: what is left can act on nothing, and doing it twice changes nothing', () => {
  const acting = /[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u;
  for (let code = 0; code < 0x3000; code++) {
    const line = disarmLine(`a${String.fromCodePoint(code)}b`);
    assert.doesNotMatch(line, acting, code.toString(16));
    assert.equal(disarmLine(line), line);
  }
});

test('a name inside a message is quoted and bounded', () => {
  assert.equal(quoted('a\nb'), '"a\\nb"');
  assert.equal(quoted('x'.repeat(500)), `"${'x'.repeat(120)}..."`);
});

test('a million hostile characters are escaped in one pass', () => {
  assert.equal(disarmLine('\x1b'.repeat(1_000_000)).length, 4_000_000);
});
