import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEnvelope } from '../../src/tail/envelope.ts';
import { readPlainEnvelope } from '../../src/tail/plain-envelope.ts';
import { readEnvelope } from '../../src/tail/read-envelope.ts';
import type { TailRecord } from '../../src/tail/record.ts';
import { dice, pick } from '../helpers/dice.ts';
import { recordOf, result } from './fake.ts';

const AT = Date.UTC(2026, 3, 29, 12);

function lineOf(record: TailRecord): string {
  let line = '';
  writeEnvelope(record, {
    text: (text) => {
      line += text;
    },
    bytes: (bytes) => {
      line += Buffer.from(bytes).toString();
    },
  });
  return line.trimEnd();
}

const messageLine = (message: string, subject = 'heddle.results.ü'): string =>
  lineOf(recordOf(Buffer.from(message), { at: AT, receivedAt: AT, subject }));

/** What it says must be what the whole reading says. Returns whether it said anything. */
function heldToTheWhole(line: Buffer): boolean {
  const plain = readPlainEnvelope(line);
  if (plain === undefined) return false;
  const whole = readEnvelope(line.toString().trim());
  const shown = line.toString();
  assert.ok(whole.is === 'message', shown);
  assert.deepEqual({ ...plain, bytes: Buffer.from(plain.bytes) }, { ...whole, bytes: Buffer.from(whole.bytes) }, shown);
  return true;
}

const AS_WRITTEN = [
  messageLine(result()),
  messageLine(result({ error: 'ünïcödé \u2028 😀 "quotes" \\' })),
  messageLine('{"task_id":"t","worker_type":"w","status":"completed","output":{"n":12345678901234567890,"e":1e400}}'),
  messageLine('{"goal_id":"g","instruction":"do"}', 'heddle.goals.incoming'),
  messageLine('{"any":[1, {"message": {"subject": "a"}}]}', 'heddle.other'),
  messageLine('null'),
];

test('messages as recordings have them are known at a glance', () => {
  const others = [
    '{"subject":"a","message":{}}',
    '{"subject": "a", "message": {"b": 1}, "note": {"kind": "gap"}}',
    '{"message":[],"subject":"a","received_at":"no time"}',
    '{"kind":"task","subject":"a","received_at":"2026-04-29T12:00:00.5+02:00","message":"text"}',
  ];
  for (const line of [...AS_WRITTEN, ...others]) assert.ok(heldToTheWhole(Buffer.from(line)), line);
});

test('of everything else it says nothing', () => {
  const good = AS_WRITTEN[0] ?? '';
  const gap = { record: 'gap', reason: 'stale', from: AT, to: AT, missed: 1 } as const;
  const lines = [
    '',
    '{}',
    result(),
    lineOf(gap),
    messageLine('not json'),
    `${good} `,
    good.slice(0, -1),
    `${good}}`,
    good.replace('"subject"', '"s\\u0075bject"'),
    good.replace('.ü', '.\\u00fc'),
    good.replace('"heddle.results.ü"', '""'),
    good.replace('"heddle.results.ü"', '7'),
    good.replace('"result"', '"orph\\u0061n"'),
    good.replace('12:00', '12\\u003a00'),
    good.replace('"2026-04-29T12:00:00.000Z"', '1777464000'),
    good.replace('{', '{"message":1,'),
    good.replace('{', '{"subject":"b",'),
    good.replace('{', '{"payload_base64":"YQ==",'),
    good.replace(':{', ':{,'),
    good.replace(':{', ':{"n":NaN,'),
    good.replace(':{', ':{"n":01,'),
    good.replace(':{', `:{"n":${'['.repeat(200)}${']'.repeat(200)},`),
  ];
  for (const line of lines) {
    assert.notEqual(line, good);
    assert.equal(readPlainEnvelope(Buffer.from(line)), undefined, line);
  }
  const notUtf8 = Buffer.from(good);
  notUtf8[notUtf8.indexOf('ü') + 1] = 0xff;
  assert.equal(readPlainEnvelope(notUtf8), undefined);
});

test('whatever is done to a line, it never says what the whole reading does not say', () => {
  const throwDice = dice(17);
  const pieces = ['"', '\\', '{', '}', '[', ',', ':', ' ', '0', 'e', '-', 'u', '\t', 'null', '"kind":"gap",', '\xff'];
  let known = 0;
  for (let round = 0; round < 30_000; round += 1) {
    const bytes = [...Buffer.from(pick(throwDice, AS_WRITTEN))];
    for (let change = Math.floor(throwDice() * 3); change >= 0; change -= 1) {
      const at = Math.floor(throwDice() * bytes.length);
      const piece = Buffer.from(pick(throwDice, pieces), 'latin1');
      if (throwDice() < 0.3) bytes.splice(at, 1);
      else if (throwDice() < 0.5) bytes.splice(at, piece.length, ...piece);
      else bytes.splice(at, 0, ...piece);
    }
    if (heldToTheWhole(Buffer.from(bytes))) known += 1;
  }
  assert.ok(known > 3000, `${known} of 30,000 were still messages, so the comparison was made`);
});
