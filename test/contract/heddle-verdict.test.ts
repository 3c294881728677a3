import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJsonText } from '../../src/contract/decode-json.ts';
import {
  judgeCheckpoint,
  judgeControl,
  judgeDeadLetter,
  judgeGoal,
  judgeResult,
  judgeTask,
  type Reading,
} from '../../src/contract/heddle-verdict.ts';
import type { Issue } from '../../src/contract/json.ts';
import { isWireTime, readWireTime } from '../../src/contract/wire-time.ts';
import { readCases } from './cases.ts';

interface Row {
  kind: 'task' | 'result' | 'goal' | 'checkpoint';
  text: string;
  A: string[];
  B: string[];
}

const JUDGES: Record<Row['kind'], (value: unknown, reading: Reading) => readonly Issue[]> = {
  task: judgeTask,
  result: judgeResult,
  goal: judgeGoal,
  checkpoint: judgeCheckpoint,
};

function read(text: string): unknown {
  const found = readJsonText(text);
  assert.ok(found.ok, `${text} is readable`);
  return found.value;
}

const pointers = (issues: readonly Issue[]) => issues.map((issue) => issue.pointer).sort();

describe('the verdict of Heddle, as pydantic was measured', () => {
  for (const file of ['pydantic-messages.json', 'pydantic-times.json', 'pydantic-ints.json']) {
    test(`${file}: same verdict, same places`, () => {
      const rows = readCases<Row>(file);
      assert.ok(rows.length > 80);
      for (const { kind, text, A, B } of rows) {
        const value = read(text);
        const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
        assert.deepEqual(pointers(JUDGES[kind](value, 'A')), A, `A: ${shown}`);
        assert.deepEqual(pointers(JUDGES[kind](value, 'B')), B, `B: ${shown}`);
        const either = JUDGES[kind](value, 'either').length === 0;
        assert.equal(either, A.length === 0 || B.length === 0, `either: ${shown}`);
      }
    });
  }
});

const ok = 'ok';
const no = 'no';

/** CONTRACT 3.2, row by row: the member under test, then the verdicts of A and B. */
const TABLE_3_2: [what: string, member: string, a: 'ok' | 'no', b: 'ok' | 'no'][] = [
  ['only worker_type and payload', '"worker_type":"w","payload":{}', ok, ok],
  ...['5', 'true', 'null', '[]'].map((raw) => ['worker_type', `"payload":{},"worker_type":${raw}`, no, no] as const),
  ...['""', '"my worker"', '"a.b"', '"*"'].map(
    (raw) => ['worker_type', `"payload":{},"worker_type":${raw}`, ok, ok] as const,
  ),
  ...['null', '[]', '"text"', '5'].map((raw) => ['payload', `"worker_type":"w","payload":${raw}`, no, no] as const),
  ...['task_id', 'model_tier', 'priority', 'metadata', 'created_at'].map(
    (key) => ['explicit null', `"worker_type":"w","payload":{},"${key}":null`, no, no] as const,
  ),
  ['explicit null', '"worker_type":"w","payload":{},"max_retries":null', no, ok],
  ...['"LOCAL"', '" local"', '"gpu"', '1'].map(
    (raw) => ['model_tier', `"worker_type":"w","payload":{},"model_tier":${raw}`, no, no] as const,
  ),
  ...['"3"', '3.0', 'true', '" 3 "', '"1_000"', '"3.0"', '-1'].map(
    (raw) => ['max_retries', `"worker_type":"w","payload":{},"max_retries":${raw}`, ok, ok] as const,
  ),
  ...['2.5', '"x"', 'null'].map(
    (raw) => ['max_retries', `"worker_type":"w","payload":{},"max_retries":${raw}`, no, ok] as const,
  ),
  ...[
    '"2026-04-29"',
    '"2026-04-29T12:00:00"',
    '"2026-04-29T12:00Z"',
    '"2026-04-29T12:00:00,5Z"',
    '1714392000',
    '1714392000000',
    '1.5e9',
    '"1714392000"',
  ].map((raw) => ['created_at', `"worker_type":"w","payload":{},"created_at":${raw}`, ok, ok] as const),
  ...['"2026-04-29T12:00:60Z"', '"2026-04-29T12"', '""', '"12026-04-29T12:00:00Z"', 'true', '[]'].map(
    (raw) => ['created_at', `"worker_type":"w","payload":{},"created_at":${raw}`, no, no] as const,
  ),
  ...[
    '"2026-04-29T12:00:00.1234567Z"',
    '"2026-04-29T12:00:00.123456789Z"',
    JSON.stringify(new Date(0).toISOString()),
  ].map((raw) => ['created_at', `"worker_type":"w","payload":{},"created_at":${raw}`, ok, ok] as const),
  ['unknown keys', '"worker_type":"w","payload":{},"extra":1,"_trace_context":{"traceparent":5}', ok, ok],
].map((row) => row as [string, string, 'ok' | 'no', 'ok' | 'no']);

const TABLE_3_2_RESULTS: [member: string, a: 'ok' | 'no', b: 'ok' | 'no'][] = [
  ['"token_usage":{"a":"5"}', ok, ok],
  ['"token_usage":{"a":true}', ok, ok],
  ['"token_usage":{"a":5.5}', no, no],
  ['"processing_time_ms":5.25', no, no],
  ['"processing_time_ms":5.0', ok, ok],
  ['"metadata":null', ok, no],
];

describe('CONTRACT 3.2', () => {
  for (const [what, members, a, b] of TABLE_3_2) {
    test(`task, ${what}: ${members}`, () => {
      const value = JSON.parse(`{${members}}`);
      assert.equal(judgeTask(value, 'A').length === 0 ? ok : no, a, 'generation A');
      assert.equal(judgeTask(value, 'B').length === 0 ? ok : no, b, 'generation B');
    });
  }
  for (const [member, a, b] of TABLE_3_2_RESULTS) {
    test(`result, ${member}`, () => {
      const value = JSON.parse(`{"task_id":"t","worker_type":"w","status":"completed",${member}}`);
      assert.equal(judgeResult(value, 'A').length === 0 ? ok : no, a, 'generation A');
      assert.equal(judgeResult(value, 'B').length === 0 ? ok : no, b, 'generation B');
    });
  }
  test('result, status retry: A only, and read', () => {
    const value = { task_id: 't', worker_type: 'w', status: 'retry' };
    assert.deepEqual(judgeResult(value, 'A'), []);
    assert.deepEqual(judgeResult(value), []);
    assert.deepEqual(pointers(judgeResult(value, 'B')), ['/status']);
  });
});

describe('where a number is judged without its text', () => {
  const result = (raw: string) =>
    judgeResult(JSON.parse(`{"task_id":"t","worker_type":"w","status":"failed","processing_time_ms":${raw}}`))
      .length === 0;
  test('a float of 2^63 and more passes here, not in Python', () => assert.ok(result('1e19')));
  test('an integer too long for a double is refused here, not in Python', () => assert.ok(!result('9'.repeat(400))));
});

describe('the other two messages', () => {
  test('a dead letter needs a reason and an original, of any shape', () => {
    assert.deepEqual(judgeDeadLetter({ reason: 'x', original_task: null, task_id: [5] }), []);
    assert.deepEqual(pointers(judgeDeadLetter({ reason: 5 })), ['/original_task', '/reason']);
  });
  test('a control message needs an action', () => {
    assert.deepEqual(judgeControl({ action: 'reload', more: 1 }), []);
    assert.deepEqual(pointers(judgeControl({})), ['/action']);
  });
  test('no judge throws on what is no object', () => {
    for (const judge of [judgeTask, judgeResult, judgeGoal, judgeCheckpoint, judgeDeadLetter, judgeControl]) {
      for (const value of [null, undefined, [], 'x', 5, true]) assert.deepEqual(pointers(judge(value)), ['']);
    }
  });
});

describe('times', () => {
  const cases: [unknown, string | undefined][] = [
    ['2026-04-29', '2026-04-29T00:00:00.000Z'],
    ['2026-04-29T12:00:00', '2026-04-29T12:00:00.000Z'],
    ['2026-04-29T12:00:00.1239999+02:00', '2026-04-29T10:00:00.123Z'],
    ['2026-04-29t12:00-0130', '2026-04-29T13:30:00.000Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
    [1714392000, '2024-04-29T12:00:00.000Z'],
    [1714392000500, '2024-04-29T12:00:00.500Z'],
    [20_000_000_000, '2603-10-11T11:33:20.000Z'],
    [20_000_000_001, '1970-08-20T11:33:20.001Z'],
    ['-1', '1969-12-31T23:59:59.000Z'],
    ['2026-02-29', undefined],
    [true, undefined],
    [Number.NaN, undefined],
  ];
  for (const [value, expected] of cases) {
    test(`${String(value)} is ${expected}`, () => {
      const ms = readWireTime(value);
      assert.equal(ms === undefined ? undefined : new Date(Math.floor(ms)).toISOString(), expected);
    });
  }
  test('agrees with Date on every day of 400 years, and the short cut with the reader', () => {
    for (let day = -70_000; day < 76_097; day += 1) {
      const text = new Date(day * 86_400_000).toISOString();
      if (!text.startsWith('-') && !text.startsWith('+')) assert.equal(readWireTime(text), day * 86_400_000, text);
    }
    for (let month = 0; month <= 13; month += 1) {
      for (let day = 0; day <= 32; day += 1) {
        const text = `2023-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T10:20:30Z`;
        assert.equal(isWireTime(text), readWireTime(text) !== undefined, text);
      }
    }
  });
});
