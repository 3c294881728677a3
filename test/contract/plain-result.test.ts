import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlainResult } from '../../src/contract/plain-result.ts';
import { decodeMessage } from '../../src/contract/read-message.ts';
import { dice, pick } from '../helpers/dice.ts';

const SUBJECT = 'heddle.results.default';
const AS_WORKERS_WRITE = {
  task_id: '3f0c9e0e-8a55-4c86-9d3c-6f1f2b7c1d10',
  parent_task_id: null,
  worker_type: 'echo',
  status: 'completed',
  output: { text: 'für "alle"\n', list: [1, -2.5e-3, true, false, null, {}, []] },
  error: null,
  model_used: 'small',
  token_usage: { prompt_tokens: 36, completion_tokens: 0 },
  processing_time_ms: 12,
  completed_at: '2026-04-29T12:00:00.123456Z',
};

/** As Python's json module writes it, with blanks after commas and colons between tokens. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spaced(each)}`);
  return `{${members.join(', ')}}`;
}

/** What it says must be what the whole reading says. Returns whether it said anything. */
function heldToTheWhole(bytes: Uint8Array): boolean {
  const plain = readPlainResult(bytes);
  if (plain === undefined) return false;
  const decoded = decodeMessage(SUBJECT, bytes);
  const shown = Buffer.from(bytes).toString();
  assert.ok(decoded.kind === 'result', `${shown}: ${JSON.stringify(decoded)}`);
  assert.ok(decoded.generation === 'B' && decoded.strict, shown);
  const { status, worker_type, processing_time_ms } = decoded.view;
  assert.deepEqual(plain, { status, worker: worker_type, processingMs: processing_time_ms }, shown);
  assert.doesNotMatch(shown, /[\r\n]/);
  return true;
}

test('results as workers write them are known at a glance', () => {
  const { parent_task_id: _, error: __, ...fewer } = AS_WORKERS_WRITE;
  const known: unknown[] = [
    AS_WORKERS_WRITE,
    fewer,
    { task_id: '', worker_type: '', status: 'pending' },
    { ...AS_WORKERS_WRITE, status: 'failed', output: null, error: 'no such file' },
    { ...AS_WORKERS_WRITE, worker_type: 'Übersetzer', completed_at: '2024-02-29T23:59:59Z' },
    { ...AS_WORKERS_WRITE, completed_at: '2024-02-29T23:59:59.1+02:00' },
    { _trace: { id: 1 }, ...AS_WORKERS_WRITE, metadata: { stage_name: 'a' }, __proto__: null },
    Object.fromEntries(Object.entries(AS_WORKERS_WRITE).reverse()),
  ];
  for (const value of known) {
    for (const text of [JSON.stringify(value), spaced(value)]) assert.ok(heldToTheWhole(Buffer.from(text)), text);
  }
});

test('of everything else it says nothing', () => {
  const other: Record<string, unknown>[] = [
    { task_id: 1 },
    { task_id: undefined },
    { worker_type: undefined },
    { status: undefined },
    { status: 'retry' },
    { status: 'done' },
    { output: [] },
    { error: {} },
    { token_usage: { prompt_tokens: 1.5 } },
    { token_usage: null },
    { processing_time_ms: 1.5 },
    { processing_time_ms: '12' },
    { completed_at: '2026-02-30T12:00:00Z' },
    { completed_at: 'yesterday' },
    { payload_type: 'core.TaskResult', payload: {} },
  ];
  for (const fields of other) {
    const text = JSON.stringify({ ...AS_WORKERS_WRITE, ...fields });
    assert.equal(readPlainResult(Buffer.from(text)), undefined, text);
  }
  const good = JSON.stringify(AS_WORKERS_WRITE);
  const texts = [
    '',
    '{}',
    '[]',
    'null',
    good.slice(0, -1),
    `${good} `,
    ` ${good}`,
    `${good}}`,
    good.replace(',"status"', ',\n"status"'),
    good.replace('{', '{"status":"bogus",'),
    good.replace('{', '{"st\\u0061tus":"bogus",'),
    good.replace('"echo"', '"e\\u0063ho"'),
    good.replace('12,', '012,'),
    good.replace('12,', '-,'),
    good.replace('-0.0025', '-.0025'),
    good.replace('-0.0025', 'NaN'),
    good.replace('true', 'truE'),
    good.replace('für', '\\x'),
    good.replace('für', '\\u12g4'),
    good.replace('für', '\t'),
    good.replace('null,{}', 'null,,{}'),
    good.replace('{}', '{,}'),
    good.replace('[]', '[1,]'),
    good.replace('[]', '['.repeat(200) + ']'.repeat(200)),
  ];
  for (const text of texts) {
    assert.notEqual(text, good);
    assert.equal(readPlainResult(Buffer.from(text)), undefined, text);
  }
  const notUtf8 = Buffer.from(good);
  notUtf8[notUtf8.indexOf('für') + 1] = 0xff;
  assert.equal(readPlainResult(notUtf8), undefined);
});

test('whatever is done to a message, it never says what the whole reading does not say', () => {
  const throwDice = dice(11);
  const good = [JSON.stringify(AS_WORKERS_WRITE), spaced(AS_WORKERS_WRITE)].map((text) => Buffer.from(text));
  const pieces = [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '0',
    '1',
    'e',
    '.',
    '-',
    'u',
    '\n',
    'null',
    '"a":1,',
    '\xff',
  ];
  let known = 0;
  for (let round = 0; round < 30_000; round += 1) {
    const bytes = [...pick(throwDice, good)];
    for (let change = Math.floor(throwDice() * 3); change >= 0; change -= 1) {
      const at = Math.floor(throwDice() * bytes.length);
      const piece = Buffer.from(pick(throwDice, pieces), 'latin1');
      if (throwDice() < 0.3) bytes.splice(at, 1);
      else if (throwDice() < 0.5) bytes.splice(at, piece.length, ...piece);
      else bytes.splice(at, 0, ...piece);
    }
    if (heldToTheWhole(Uint8Array.from(bytes))) known += 1;
  }
  assert.ok(known > 3000, `${known} of 30,000 were still results, so the comparison was made`);
});
