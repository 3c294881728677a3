import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildResult, taskCompleter } from '../../src/contract/build.ts';
import { encodeDeadLetter, originalTaskText } from '../../src/contract/dead-letter.ts';
import { encodeMessage } from '../../src/contract/encode.ts';
import type { JsonObject } from '../../src/contract/json.ts';
import { hasLane, laneText, withLaneOf } from '../../src/contract/lane.ts';
import { rawValue } from '../../src/contract/members.ts';
import {
  decodeGoal,
  decodeResult,
  decodeTask,
  parseCheckpoint,
  parseControl,
  parseDeadLetter,
} from '../../src/contract/parse.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const extras =
  '"_trace_context":{"traceparent":"00-x","baggage":"a=1"},"_a":[1,{"_b":null}],"unknown":{"deep":["x",1.5]},"__proto__":{"p":1},"constructor":1,"_":"","zz":null';

const TASK = `{"zeta":0,"task_id":"t","parent_task_id":"g","worker_type":"w","payload":{"x":"ü","_in":1},"model_tier":"local","priority":"high","max_retries":2,"retry_count":0,"created_at":"2026-04-29T12:00:00.123456Z","request_id":null,"metadata":{},${extras}}`;
const RESULT = `{"task_id":"t","parent_task_id":null,"worker_type":"w","status":"retry","output":{"a":1},"error":null,"model_used":null,"token_usage":{"prompt_tokens":1},"processing_time_ms":5,"completed_at":"2026-04-29T12:00:00Z",${extras}}`;
const GOAL = `{"goal_id":"g","instruction":"","context":{"file":"x"},"request_id":"r","priority":"low","created_at":1714392000,${extras}}`;

describe('read and written again, each message has every key, in its order', () => {
  const reread: [string, string, (bytes: Uint8Array) => { ok: boolean; value?: unknown }][] = [
    ['task of generation A', TASK, decodeTask],
    ['task of generation B without metadata', `{"worker_type":"w","payload":{},${extras}}`, decodeTask],
    ['result of generation A', RESULT, decodeResult],
    ['result of generation B', RESULT.replace('"retry"', '"completed","metadata":{"stage_name":"s"}'), decodeResult],
    ['goal', GOAL, decodeGoal],
  ];
  for (const [name, text, decode] of reread) {
    test(name, () => {
      const read = decode(utf8(text));
      assert.ok(read.ok);
      assert.equal(encodeMessage(read.value as object), text);
    });
  }
  const parsed: [string, string, (value: unknown) => { ok: boolean; value?: unknown }][] = [
    [
      'checkpoint',
      `{"goal_id":"g","original_instruction":"i","executive_summary":"s","completed_tasks":[{"a":1}],"pending_tasks":[],"open_issues":["o"],"decisions_made":[],"context_token_count":5,"checkpoint_number":1,${extras}}`,
      parseCheckpoint,
    ],
    [
      'dead letter',
      `{"reason":"rate_limited: x","original_task":${TASK},"task_id":[1],"worker_type":{"a":2},${extras}}`,
      parseDeadLetter,
    ],
    ['control', `{"action":"reload",${extras}}`, parseControl],
  ];
  for (const [name, text, parse] of parsed) {
    test(name, () => {
      const read = parse(JSON.parse(text));
      assert.ok(read.ok);
      assert.equal(encodeMessage(read.value as object), text);
    });
  }
});

/** What no JavaScript object can carry: key order of numbers, digits beyond 2^53, 1.0, escapes, duplicate keys, spaces. */
const HARD =
  '"9":{"n":9007199254740993,"f":1.0,"e":1E+2},"1":"\\u00fc\\/", "big":123456789012345678901234567890 ,"_t" : {"2":1.50,"1":-0},"_d":1,"_d":2.0';

describe('where the text is passed on, it is passed on', () => {
  test('a router', () => {
    const text = `{"worker_type":"w","payload":{},${HARD}}`;
    const out = Buffer.from(
      taskCompleter({ now: () => 0, uuid: () => 'id' })(utf8(text), JSON.parse(text) as JsonObject),
    ).toString();
    assert.ok(out.startsWith(text.slice(0, -1)));
    assert.deepEqual(Object.keys(JSON.parse(out) as object).slice(-5), [
      'task_id',
      'created_at',
      'model_tier',
      'priority',
      'metadata',
    ]);
  });

  test('a dead letter and its replay', () => {
    const text = `{"worker_type":5.0,"payload":[],"task_id":12345678901234567890,${HARD}}`;
    const letter = encodeDeadLetter('invalid_task_message: "x"', text, JSON.parse(text));
    assert.equal(originalTaskText(letter), text);
    assert.equal(rawValue(letter, 'task_id'), '12345678901234567890');
    assert.equal(rawValue(letter, 'worker_type'), '5.0');
    assert.ok(parseDeadLetter(JSON.parse(letter)).ok);
  });

  test('the lane on a result', () => {
    const text = `{"task_id":"t","worker_type":"w","payload":{"_no":1},${HARD}}`;
    const task = { text, value: JSON.parse(text) as JsonObject };
    const result = buildResult(
      { task_id: 't', worker_type: 'w' },
      { status: 'completed', output: {} },
      { now: () => 0 },
    );
    const out = withLaneOf(encodeMessage(result), result, task);
    assert.ok(out.endsWith(',"_t" : {"2":1.50,"1":-0},"_d":2.0}'), out);
    assert.deepEqual(Object.keys(JSON.parse(out) as object).slice(0, -2), Object.keys(result));
  });
});

describe('the lane', () => {
  const lane = (text: string, except?: string[]) => laneText(text, JSON.parse(text) as JsonObject, except);
  test('every key that starts with an underscore, however it is written', () => {
    assert.equal(
      lane('{"a":1,"_b" : 1.0,"\\u005fc":{"x":[]},"__proto__":{"p":1},"_":null}'),
      '"_b" : 1.0,"\\u005fc":{"x":[]},"__proto__":{"p":1},"_":null',
    );
    assert.equal(lane('{"a":{"_b":1}}'), '');
    assert.equal(
      lane('{"_a":1,"_b":2,"_a":3.0}'),
      '"_a":3.0,"_b":2',
      'place of the first, value of the last, as for every reader',
    );
    assert.equal(hasLane({ a: 1 }), false);
  });
  test('keys that the result has itself are its own', () => {
    const task = { text: '{"_trace_context":{"traceparent":"old"},"_x":1}', value: { _trace_context: {}, _x: 1 } };
    assert.equal(withLaneOf('{"_trace_context":{}}', { _trace_context: {} }, task), '{"_trace_context":{},"_x":1}');
    assert.equal(lane('{"_x":1,"_y":2}', ['_x']), '"_y":2');
  });
});
