import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { inProject } from '../helpers/root.ts';

// The short way and the long way must give one tree, places included, and the short way must never take what the long refuses.

const files = [inProject('configs'), inProject('test', 'validate', 'cases')].flatMap((root) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
);
const rows = JSON.parse(readFileSync(inProject('test', 'config', 'pyyaml-cases.json'), 'utf8')) as Record<
  string,
  string[]
>;

function same(text: string): void {
  const short = readText('x.yaml', text);
  const long = readText('x.yaml', text, { quick: false });
  assert.deepEqual(short.root, long.root, JSON.stringify(text.slice(0, 2000)));
  assert.deepEqual(short.problems, long.problems, JSON.stringify(text.slice(0, 2000)));
}

test('on every config and every measured text', () => {
  for (const text of [...files, ...Object.values(rows).flat()]) same(text);
});

test('on blanks, comments and line ends in every place', () => {
  for (const text of [
    'a:\n',
    'a:   \nb: 1\n',
    'a:   # c\nb: 1\n',
    'a:\n  # c\nb: 1\n',
    'a: # c\n  b: 1 # d\n  # e\nc: [ 1 , 2, ] # f\n',
    '# a\n\na: 1\n# b\n',
    'a:\n- b\n-\n- # c\n- d: 1\n  e:\n-   - f\n',
    'a: |  # c\n  b\n\n  c\nd: >-\n  e\n',
    'a: |2\n   b\n',
    'a: {b: 1, c: {d: "e", \'f\': []}, }\n',
    "a: 'it''s'\nb: \"x\"\n",
    '  a: 1\n  b: 2\n',
    'a: 1\r\nb:\r\n  - c\r\n',
    'a: b#c\n',
    'a: "b"#c\n',
    'a: [b]#c\n',
    'a:\n b: 1\n  c: 2\n',
    '"a": 1\n\'b\': 2\n3: 4\n3.0: 5\n',
  ]) {
    same(text);
  }
});

test('on thousands of broken ones', () => {
  const pieces = [
    '\n',
    '\n  ',
    ' ',
    ': ',
    '- ',
    '#',
    ' # ',
    ',',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|\n',
    'x',
    '1',
    '~',
    '\r\n',
    'a: ',
    '@',
    '>',
  ];
  let state = 20_260_429;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
  for (let round = 0; round < Number(process.env.HEDDLE_FUZZ ?? 3000); round++) {
    let text = files[random(files.length)]!;
    for (let times = 1 + random(3); times > 0; times--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + (random(3) > 0 ? pieces[random(pieces.length)] : '') + text.slice(at + random(3));
    }
    same(text);
  }
});
