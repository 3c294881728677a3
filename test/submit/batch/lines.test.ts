import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Line, readLines } from '../../../src/submit/batch/lines.ts';

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number, longest?: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const block of readLines(chunked(bytes, size), longest)) lines.push(...block);
  return lines;
}

test('lines, however the bytes are cut', async () => {
  const text = '{"a":1}\n\n{"é":"☃ 😀"}\r\n   \n{"last":true}';
  const want = [
    { number: 1, text: '{"a":1}' },
    { number: 3, text: '{"é":"☃ 😀"}\r' },
    { number: 5, text: '{"last":true}' },
  ];
  for (const size of [1, 2, 3, 5, 7, 1000])
    assert.deepEqual(await read(Buffer.from(text), size), want, `chunks of ${size}`);
  assert.deepEqual(await read(Buffer.from(`${text}\n`), 4), want, 'with a line break at the end');
});

test('a byte order mark at the start is no part of the first line', async () => {
  assert.deepEqual(await read(Buffer.from('\ufeff{"a":1}\n\ufeff{}'), 2), [
    { number: 1, text: '{"a":1}' },
    { number: 2, text: '\ufeff{}' },
  ]);
});

test('bytes that are not UTF-8 spoil their own line only', async () => {
  const bytes = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('{"b":2}\n')]);
  for (const size of [1, 4, 1000]) {
    assert.deepEqual(
      await read(bytes, size),
      [
        { number: 1, text: '{"a":1}' },
        { number: 2, problem: 'is not UTF-8' },
        { number: 3, text: '{"b":2}' },
      ],
      `chunks of ${size}`,
    );
  }
});

test('a line too long is refused and not kept', async () => {
  const bytes = Buffer.from(`{"a":1}\n${'x'.repeat(5000)}\n{"b":2}\n${'y'.repeat(200)}`);
  for (const size of [7, 64, 100_000]) {
    assert.deepEqual(
      await read(bytes, size, 100),
      [
        { number: 1, text: '{"a":1}' },
        { number: 2, problem: 'is longer than 100 bytes' },
        { number: 3, text: '{"b":2}' },
        { number: 4, problem: 'is longer than 100 bytes' },
      ],
      `chunks of ${size}`,
    );
  }
});

test('nothing is nothing', async () => {
  assert.deepEqual(await read(Buffer.alloc(0), 1), []);
  assert.deepEqual(await read(Buffer.from('\n\n\n'), 1), []);
});

test('the source is read no faster than the lines are taken', async () => {
  let read = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (; read < 100; read += 1) yield Buffer.from('{}\n');
  }
  const lines = readLines(source());
  await lines.next();
  await lines.next();
  assert.ok(read <= 2, `${read} chunks were read for two`);
});
