import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { TailRecord } from '../../src/tail/record.ts';
import { replay } from '../../src/tail/replay.ts';
import { Tail } from '../../src/tail/tail.ts';
import { result } from './fake.ts';

/** What is shown of a recording that comes in pieces of so many bytes. */
async function shownOf(recording: Buffer, pieceBytes: number): Promise<string[]> {
  const shown: string[] = [];
  const write = (record: TailRecord): void => {
    if (record.record === 'message') shown.push(`${record.subject} ${Buffer.from(record.bytes).toString()}`);
    else if (record.record === 'gap') shown.push(`${record.reason} ${record.missed} ${record.detail}`);
  };
  const tail = new Tail({ output: { write, hasRoom: () => true, whenRoom: () => Promise.resolve() } });
  tail.start();
  const pieces: Buffer[] = [];
  for (let at = 0; at < recording.length; at += pieceBytes) pieces.push(recording.subarray(at, at + pieceBytes));
  await replay(Readable.from(pieces), { name: 'r', tail });
  tail.stop('end_of_input');
  await tail.done;
  return shown;
}

test('a recording is the same in whatever pieces it comes, and whoever wrote its lines', async () => {
  const long = result({ error: 'ü'.repeat(500) });
  const lines = [
    `{"subject":"heddle.results.a","message":${result()}}`,
    '',
    `\ufeff{ "subject" : "heddle.results.b",\t"message":${long} }\r`,
    'torn',
    '{"subject":"heddle.results.c"',
    `{"subject":"heddle.results.ü","message":${long}}`,
    result(),
  ];
  const whole = Buffer.from(lines.join('\n'));
  const expected = [
    `heddle.results.a ${result()}`,
    `heddle.results.b ${long}`,
    'unreadable 2 r:4: the line is no JSON',
    `heddle.results.ü ${long}`,
    ` ${result()}`,
  ];
  for (const pieceBytes of [whole.length, 64, 7, 1]) assert.deepEqual(await shownOf(whole, pieceBytes), expected);
});
