import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineSplitter } from '../../src/child/lines.ts';

function split(chunks: readonly string[], max: number): (string | number)[] {
  const lines: (string | number)[] = [];
  const splitter = lineSplitter(max, (line) => {
    lines.push('bytes' in line ? Buffer.from(line.bytes).toString() : line.tooLong);
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test('lines end at \\n wherever the chunks end; \\r before it goes; the last may lack it', () => {
  const text = 'one\ntwo\r\n\nthree é\nlast';
  const expected = ['one', 'two', '', 'three é', 'last'];
  for (let size = 1; size < text.length; size += 1) {
    const bytes = Buffer.from(text);
    const lines: string[] = [];
    const splitter = lineSplitter(
      100,
      (line) => void ('bytes' in line && lines.push(Buffer.from(line.bytes).toString())),
    );
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    splitter.end();
    assert.deepEqual(lines, expected, `chunks of ${size}`);
  }
});

test('a line over the limit is dropped with its size; the next one is whole again', () => {
  assert.deepEqual(split(['12345\n', '123456\n', '12345\n'], 5), ['12345', 6, '12345']);
  assert.deepEqual(split(['1234', '5678', '9\nab', 'c\n'], 5), [9, 'abc']);
  assert.deepEqual(split(['1234567'], 5), [7]);
});
