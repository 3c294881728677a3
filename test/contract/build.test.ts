import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildGoal, buildResult, buildTask, type NewTask } from '../../src/contract/build.ts';
import { encodeMessage, wholeCount } from '../../src/contract/encode.ts';
import { judgeTask } from '../../src/contract/heddle-verdict.ts';
import { pythonHazard, SAFE_DEPTH } from '../../src/contract/python-hazard.ts';
import { wireTime } from '../../src/contract/wire-time.ts';
import { isHeddleError } from '../../src/errors.ts';

const sources = { now: () => Date.UTC(2026, 3, 29, 12), uuid: () => 'fresh' };
const invalid = (pattern: RegExp) => (error: unknown) =>
  isHeddleError(error) && error.code === 'input_invalid' && pattern.test(error.message);

describe('building, generation B: all fields, in the order of Heddle, compact', () => {
  test('a task', () => {
    assert.equal(
      encodeMessage(buildTask({ worker_type: 'w', payload: { x: 'ü' } }, sources)),
      '{"task_id":"fresh","parent_task_id":null,"worker_type":"w","payload":{"x":"ü"},"model_tier":"standard","priority":"normal","created_at":"2026-04-29T12:00:00.000Z","request_id":null,"metadata":{}}',
    );
  });
  test('a task with everything given, and with more', () => {
    const given = {
      task_id: 't',
      parent_task_id: 'p',
      worker_type: 'w',
      payload: {},
      model_tier: 'local',
      priority: 'high',
      created_at: '2026-01-01',
      request_id: 'r',
      metadata: { a: 1 },
      _trace_context: { traceparent: 'x' },
      zz: 1,
    } as const satisfies NewTask;
    assert.deepEqual(buildTask(given, sources), given);
    assert.deepEqual(Object.keys(buildTask(given, sources)).slice(-2), ['_trace_context', 'zz']);
  });
  test('a goal', () => {
    assert.equal(
      encodeMessage(buildGoal({ instruction: 'do', context: { k: 'v' } }, sources)),
      '{"goal_id":"fresh","instruction":"do","context":{"k":"v"},"request_id":null,"priority":"normal","created_at":"2026-04-29T12:00:00.000Z"}',
    );
  });
  test('a result: ids echoed, counts and times made whole', () => {
    const result = buildResult(
      { task_id: 't', parent_task_id: 'p', worker_type: 'w' },
      { status: 'completed', output: { a: 1 }, token_usage: { prompt_tokens: 4.6 }, processing_time_ms: 5.25 },
      sources,
    );
    assert.equal(
      encodeMessage(result),
      '{"task_id":"t","parent_task_id":"p","worker_type":"w","status":"completed","output":{"a":1},"error":null,"model_used":null,"token_usage":{"prompt_tokens":5},"metadata":{},"processing_time_ms":5,"completed_at":"2026-04-29T12:00:00.000Z"}',
    );
  });
  test('what Heddle would refuse is refused here, before it is sent', () => {
    assert.throws(
      () => buildTask({ worker_type: 'w', payload: {}, model_tier: 'gpu' as 'local' }, sources),
      invalid(/\/model_tier.*"gpu"/),
    );
    assert.throws(
      () => buildTask({ worker_type: 5 as unknown as string, payload: {} }, sources),
      invalid(/\/worker_type/),
    );
    assert.throws(
      () => buildGoal({ instruction: 'x', context: [] as unknown as Record<string, unknown> }, sources),
      invalid(/\/context/),
    );
    assert.throws(
      () => buildResult({ task_id: 't', worker_type: 'w' }, { status: 'retry' as 'failed' }, sources),
      invalid(/\/status/),
    );
    assert.throws(
      () => buildTask({ worker_type: 'w', payload: {}, created_at: 'soon' }, sources),
      invalid(/\/created_at/),
    );
  });
});

describe('encoding', () => {
  test('counts are whole, whatever a handler says', () => {
    const rows: [number, number][] = [
      [5.5, 6],
      [0.4, 0],
      [-3, 0],
      [Number.NaN, 0],
      [Infinity, Number.MAX_SAFE_INTEGER],
      [1e21, Number.MAX_SAFE_INTEGER],
      [-0, 0],
    ];
    for (const [count, expected] of rows) assert.equal(wholeCount(count), expected, String(count));
    for (const [count] of rows) assert.match(JSON.stringify(wholeCount(count)), /^[0-9]+$/);
  });
  test('times are what Heddle reads, also when asked in turns', () => {
    for (const ms of [0, 1, 0, 1777464000123, -1, 0]) {
      assert.equal(wireTime(ms), new Date(ms).toISOString());
      assert.deepEqual(judgeTask({ worker_type: 'w', payload: {}, created_at: wireTime(ms) }), []);
    }
  });
  test('lone surrogates become escapes, NaN becomes null, __proto__ stays', () => {
    const message = JSON.parse('{"__proto__":1,"s":"\\ud800"}') as Record<string, unknown>;
    message.n = Number.NaN;
    assert.equal(encodeMessage(message), '{"__proto__":1,"s":"\\ud800","n":null}');
  });
  test('what JSON cannot hold is an error with a name', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    assert.throws(() => encodeMessage(circle), invalid(/circular/i));
    assert.throws(() => encodeMessage({ n: 1n }), invalid(/BigInt/));
    // Newer engines write any depth; an older one refuses, and then in our words.
    let whole = '';
    const write = (): void => {
      whole = encodeMessage({ deep });
    };
    if (!canWrite(deep)) assert.throws(write, invalid(/nested too deeply/));
    else write();
    assert.equal(whole, canWrite(deep) ? `{"deep":${'['.repeat(100_000)}1${']'.repeat(100_000)}}` : '');
    assert.throws(() => encodeMessage({ toJSON: () => undefined }), invalid(/cannot be written/));
  });
});

function canWrite(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

describe('what would end a Python actor', () => {
  const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const rows: [string, string, string | undefined][] = [
    ['shallow', `{"a":"${'x'.repeat(5000)}"}`, undefined],
    ['as deep as is safe', `{"a":${lists(SAFE_DEPTH - 1)}}`, undefined],
    ['deeper', `{"a":${lists(SAFE_DEPTH)}}`, 'nesting'],
    ['10,000 levels', `{"a":${lists(10_000)}}`, 'nesting'],
    ['brackets in a string', `{"a":"${'['.repeat(10_000)}\\"${'{'.repeat(10_000)}"}`, undefined],
    ['many, not deep', `{"a":[${'[],'.repeat(5000)}1]}`, undefined],
    ['4300 digits', `{"a":${'9'.repeat(4300)}}`, undefined],
    ['4301 digits', `{"a":${'9'.repeat(4301)}}`, 'integer'],
    ['4301 digits, negative', `{"a":[-${'9'.repeat(4301)}]}`, 'integer'],
    ['a float of 5000 digits', `{"a":${'9'.repeat(5000)}.5}`, undefined],
    ['a fraction of 5000 digits', `{"a":0.${'9'.repeat(5000)}}`, undefined],
    ['an exponent of 5000 digits', `{"a":1e-${'0'.repeat(5000)}}`, undefined],
    ['digits in a string', `{"a":"${'9'.repeat(5000)}"}`, undefined],
    ['a string that is not closed', `{"a":"${'9'.repeat(5000)}`, undefined],
  ];
  for (const [name, text, hazard] of rows)
    test(`${name}: ${hazard ?? 'nothing'}`, () => assert.equal(pythonHazard(text), hazard));
});
