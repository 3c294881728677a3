import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadLetterClass, encodeDeadLetter, originalTaskText, readDeadLetter } from '../../src/contract/dead-letter.ts';
import type { JsonObject } from '../../src/contract/json.ts';
import { decodeMessage, decodeMessageText } from '../../src/contract/read-message.ts';
import { damaged, pick, randomObject, seeded } from './random-json.ts';

const task = '{"worker_type":"w","payload":{}}';
const result = '{"task_id":"t","worker_type":"w","status":"completed"}';
const goal = '{"instruction":"i"}';
const letter = `{"reason":"rate_limited: tier 'local' has no available capacity","original_task":${task},"task_id":null,"worker_type":"w"}`;

describe('kind and generation of a message', () => {
  const rows: [subject: string | undefined, text: string, kind: string, generation: string][] = [
    ['heddle.tasks.incoming', task, 'task', 'B'],
    ['heddle.tasks.w.local', task, 'task', 'B'],
    ['heddle.tasks.dead_letter.standard', task, 'task', 'B'],
    ['heddle.tasks.a.b.local', task, 'task', 'B'],
    ['heddle.tasks.w.local', '{"worker_type":"w","payload":{},"max_retries":2,"retry_count":0}', 'task', 'A'],
    ['heddle.tasks.w.local', '{"worker_type":"w","payload":{},"max_retries":2}', 'task', 'A'],
    ['heddle.tasks.w.local', '{"worker_type":"w","payload":{},"retry_count":0}', 'task', 'A'],
    ['heddle.tasks.dead_letter', '{"payload_type":"core.TaskMessage","payload":{}}', 'dead_letter', 'B'],
    ['heddle.results.default', result, 'result', 'B'],
    ['heddle.results.g1', result.replace('completed', 'retry'), 'result', 'A'],
    ['heddle.goals.incoming', goal, 'goal', 'B'],
    ['heddle.tasks.dead_letter', letter, 'dead_letter', 'B'],
    ['heddle.tasks.dead_letter', '{}', 'dead_letter', 'B'],
    ['heddle.control.reload', '{"action":"reload"}', 'control', 'B'],
    ['heddle.control.reload', '{}', 'unknown', 'none'],
    ['heddle.results.g1', task, 'unknown', 'none'],
    ['heddle.tasks.incoming', '{"worker_type":"w","payload":null}', 'unknown', 'none'],
    ['heddle.tasks.x', task, 'unknown', 'none'],
    ['heddle.events', task, 'unknown', 'none'],
    ['heddle.scheduler.s', task, 'unknown', 'none'],
    ['other.subject', task, 'unknown', 'none'],
    [undefined, task, 'task', 'B'],
    [undefined, result, 'result', 'B'],
    [undefined, goal, 'goal', 'B'],
    [undefined, letter, 'dead_letter', 'B'],
    [undefined, '{"action":"reload"}', 'control', 'B'],
    [undefined, '{"a":1}', 'unknown', 'none'],
  ];
  for (const [subject, text, kind, generation] of rows) {
    test(`${subject} ${text.slice(0, 60)}: ${kind} of ${generation}`, () => {
      const message = decodeMessage(subject, Buffer.from(text));
      assert.equal(message.kind, kind);
      assert.equal(message.generation, generation);
      assert.equal(message.text, text);
      assert.deepEqual(message.value, JSON.parse(text));
      assert.deepEqual(decodeMessageText(subject, text), message);
    });
  }

  test('says why not, and what was called for', () => {
    const rows: [string, Buffer, string, string | undefined, RegExp][] = [
      ['heddle.tasks.incoming', Buffer.of(0xff), 'not_utf8', 'task', /UTF-8/],
      ['heddle.results.x', Buffer.from('{'), 'not_json', 'result', /character 2 of 1/],
      ['heddle.goals.incoming', Buffer.from('[]'), 'not_object', 'goal', /got an array/],
      [
        'heddle.tasks.incoming',
        Buffer.from('{"payload":5}'),
        'not_this_message',
        'task',
        /^\/worker_type: required, and absent; \/payload: expected an object, got int$/,
      ],
      ['heddle.events', Buffer.from('{}'), 'not_this_message', undefined, /no message for this subject/],
    ];
    for (const [subject, bytes, reason, expected, detail] of rows) {
      const message = decodeMessage(subject, bytes);
      assert.equal(message.kind, 'unknown');
      if (message.kind !== 'unknown') return;
      assert.equal(message.reason, reason);
      assert.equal(message.expected, expected);
      assert.match(message.detail, detail);
    }
  });

  test('a detail stays short, whatever the message holds', () => {
    const usage = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`${'k'.repeat(1000)}${index}`, 'x']));
    const message = decodeMessage(
      'heddle.results.x',
      Buffer.from(JSON.stringify({ ...JSON.parse(result), token_usage: usage })),
    );
    assert.ok(message.kind === 'unknown' && message.issues.length === 1000);
    assert.match(message.detail, /and 995 more$/);
    assert.ok(message.detail.length < 1000);
  });
});

describe('frames of generation C', () => {
  const frame = (type: string, payload: object, more = {}) =>
    JSON.stringify({
      message_id: '018f',
      payload_type: type,
      payload,
      origin: 'o',
      correlation_id: 'c',
      causation_id: null,
      occurred_at: '2026-06-01T00:00:00Z',
      recorded_at: '2026-06-01T00:00:01Z',
      ...more,
    });

  test('a task: `input` is its payload, the time and the lane are those of the frame', () => {
    const text = frame(
      'core.TaskMessage',
      { task_id: 't', worker_type: 'w', input: { a: 1 } },
      { _trace_context: { traceparent: 'x' } },
    );
    const message = decodeMessage('heddle.tasks.w.local', Buffer.from(text));
    assert.ok(message.kind === 'task' && message.generation === 'C');
    assert.deepEqual(message.view, {
      task_id: 't',
      worker_type: 'w',
      payload: { a: 1 },
      created_at: '2026-06-01T00:00:00Z',
      _trace_context: { traceparent: 'x' },
    });
    assert.deepEqual(message.value, JSON.parse(text));
    assert.equal(message.frame?.correlation_id, 'c');
    assert.equal(message.text, text);
  });
  test("a lane key that the body has itself stays the body's", () => {
    const text = frame('core.TaskMessage', { worker_type: 'w', input: {}, _x: 'body' }, { _x: 'frame', _y: 'frame' });
    const message = decodeMessage('heddle.tasks.w.local', Buffer.from(text));
    assert.ok(message.kind === 'task');
    assert.deepEqual([message.view._x, message.view._y], ['body', 'frame']);
  });
  test('a result and a goal', () => {
    const done = decodeMessage(
      'heddle.results.g',
      Buffer.from(frame('core.TaskResult', { task_id: 't', worker_type: 'w', status: 'completed', output: {} })),
    );
    assert.ok(done.kind === 'result' && done.generation === 'C');
    assert.equal(done.view.completed_at, '2026-06-01T00:00:00Z');
    const wish = decodeMessage(
      'heddle.goals.incoming',
      Buffer.from(frame('core.OrchestratorGoal', { instruction: 'i' })),
    );
    assert.ok(wish.kind === 'goal' && wish.generation === 'C');
  });
  test('a type from later, and a body that is no task', () => {
    const later = decodeMessage('heddle.tasks.incoming', Buffer.from(frame('core.Later', {})));
    assert.ok(later.kind === 'unknown' && later.generation === 'C' && /core\.Later/.test(later.detail));
    const bad = decodeMessage(
      'heddle.tasks.incoming',
      Buffer.from(frame('core.TaskMessage', { worker_type: 5, input: {} })),
    );
    assert.ok(bad.kind === 'unknown' && bad.generation === 'C' && bad.expected === 'task');
    assert.deepEqual(
      bad.issues.map((issue) => issue.pointer),
      ['/worker_type'],
    );
  });
  test('a bare task that looks a little like a frame is a bare task', () => {
    for (const more of [{ payload_type: 'other.X' }, { payload_type: 5 }]) {
      const message = decodeMessage(
        'heddle.tasks.incoming',
        Buffer.from(JSON.stringify({ worker_type: 'w', payload: {}, ...more })),
      );
      assert.ok(message.kind === 'task' && message.generation === 'B');
    }
  });
  test('a dead letter around a frame is a dead letter', () => {
    const message = decodeMessage(
      'heddle.tasks.dead_letter',
      Buffer.from(`{"reason":"x","original_task":${frame('core.TaskMessage', {})}}`),
    );
    assert.equal(message.kind, 'dead_letter');
  });
});

describe('dead letters', () => {
  test('from Python, with NaN inside', () => {
    const text =
      '{"reason": "invalid_task_message: 1 error", "original_task": {"payload": {"x": NaN, "s": "NaN"}, "n": 1.0}, "task_id": null, "worker_type": ["a"]}';
    const message = decodeMessage('heddle.tasks.dead_letter', Buffer.from(text));
    assert.ok(message.kind === 'dead_letter' && !message.strict);
    assert.equal(deadLetterClass(message.view.reason), 'invalid_task_message');
    assert.deepEqual(message.view.original_task, { payload: { x: Number.NaN, s: 'NaN' }, n: 1 });
    assert.deepEqual(message.view.worker_type, ['a']);
    assert.equal(originalTaskText(text), '{"payload": {"x": NaN, "s": "NaN"}, "n": 1.0}');
  });
  test('without an original the message is the task, as in the store of Heddle', () => {
    const message = { worker_type: 'w', payload: {} };
    assert.deepEqual(readDeadLetter(message), {
      reason: 'unknown',
      original_task: message,
      task_id: null,
      worker_type: 'w',
    });
    assert.equal(originalTaskText('{"a":1.0}'), '{"a":1.0}');
  });
  test('a reason that is null stays null, one of another type is unknown, as one that is absent', () => {
    const reasonOf = (reason: unknown) => readDeadLetter({ reason, original_task: {} } as JsonObject).reason;
    assert.deepEqual([null, 'x', 5, undefined].map(reasonOf), [null, 'x', 'unknown', 'unknown']);
    assert.equal(deadLetterClass(null), 'other');
  });
  test('around anything that is JSON', () => {
    for (const original of [
      '[]',
      'null',
      '42',
      '"x"',
      ' true ',
      '{"task_id":null}',
      '{"task_id":"\\u00fc\\"","worker_type":{"a":1.0}}',
      '{"a":NaN}',
    ]) {
      const value: unknown = original.includes('NaN') ? {} : JSON.parse(original);
      const text = encodeDeadLetter('x: "y"\n', original, value);
      const message = decodeMessage('heddle.tasks.dead_letter', Buffer.from(text));
      assert.ok(message.kind === 'dead_letter', text);
      assert.equal(message.view.reason, 'x: "y"\n');
      assert.equal(originalTaskText(text), original.trim());
    }
  });
  test('classes of reasons are prefixes', () => {
    const rows = [
      ['rate_limited: x', 'rate_limited'],
      ['rate_limited', 'rate_limited'],
      ['unknown_tier: x', 'unknown_tier'],
      ['invalid_task_message: ', 'invalid_task_message'],
      ['xrate_limited: ', 'other'],
      ['', 'other'],
      ['rate_limitedness', 'other'],
    ];
    for (const [reason = '', name] of rows) assert.equal(deadLetterClass(reason), name, reason);
  });
});

test('never throws, and is sure of what it says (10,000 hostile messages, seed 6)', () => {
  const random = seeded(6);
  const subjects = [
    'heddle.tasks.incoming',
    'heddle.tasks.w.local',
    'heddle.results.x',
    'heddle.goals.incoming',
    'heddle.tasks.dead_letter',
    'heddle.control.reload',
    undefined,
    'x',
  ];
  const whole = [
    task,
    result,
    goal,
    letter,
    '{"action":"reload"}',
    '{"payload_type":"core.TaskMessage","payload":{"worker_type":"w","input":{}}}',
  ];
  const kinds = new Set<string>();
  for (let round = 0; round < 10_000; round += 1) {
    const text = damaged(random, round % 3 === 0 ? randomObject(random, 3) : pick(random, whole));
    const bytes = Buffer.from(text);
    if (round % 7 === 0 && bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = 0xc0;
    const message = decodeMessage(pick(random, subjects), bytes);
    kinds.add(message.kind);
    if (message.kind === 'task') assert.equal(typeof message.view.worker_type, 'string');
    if (message.kind === 'unknown') assert.ok(message.detail.length > 0);
  }
  assert.equal(kinds.size, 6);
});
