import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BadLine, jsonLines, readJsonLine } from '../../src/child/json-lines.ts';
import { type Line, lineSplitter } from '../../src/child/lines.ts';

const line = (text: string | Uint8Array): Line => ({ bytes: Buffer.from(text) });

test('an object comes with its text, so that numbers keep their digits', () => {
  const read = readJsonLine(line('{"n":12345678901234567890,"__proto__":{"a":1}}'));
  assert.ok(read.ok);
  assert.equal(read.text, '{"n":12345678901234567890,"__proto__":{"a":1}}');
  assert.deepEqual(Object.keys(read.value), ['n', '__proto__']);
});

test('bad lines are counted, told and skipped; what follows is read', () => {
  const objects: unknown[] = [];
  const bad: BadLine[] = [];
  const reader = jsonLines({
    object: ({ value }) => objects.push(value),
    bad: (each, counts) => {
      bad.push(each);
      assert.equal(counts.bad, bad.length);
    },
  });
  const splitter = lineSplitter(20, (each) => reader.line(each));
  splitter.push(Buffer.from('{"a":1}\n\nnonsense\n[1]\n{"too":"long for this"}\n'));
  splitter.push(Buffer.from([0x7b, 0xff, 0x7d, 0x0a]));
  splitter.push(Buffer.from('{"a":2}'));
  splitter.end();
  assert.deepEqual(objects, [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(
    bad.map(({ reason, bytes }) => [reason, bytes]),
    [
      ['not_json', 8],
      ['not_object', 3],
      ['too_long', 23],
      ['not_utf8', 3],
    ],
  );
  assert.deepEqual(reader.counts, { objects: 2, bad: 4 });
});
