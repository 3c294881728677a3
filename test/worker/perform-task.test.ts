import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { readWorkerConfig } from '../../src/config/views/worker.ts';
import { takeTask } from '../../src/contract/taken-task.ts';
import type { Clock } from '../../src/time/clock.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import type { TaskContext } from '../../src/worker/define.ts';
import { echo, inProcess, readAnswer } from '../../src/worker/in-process.ts';
import { type Finished, performTask, TaskEnded, type TaskRules } from '../../src/worker/perform-task.ts';
import type { Performer } from '../../src/worker/performer.ts';
import { settingsOf } from '../../src/worker/settings.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const NO_RULES: TaskRules = { inputSchema: undefined, outputSchema: undefined, timeoutMs: undefined };
const LOG = { info: () => {}, warn: () => {}, error: () => {} };

interface Given {
  text?: string;
  rules?: Partial<TaskRules>;
  cut?: AbortSignal;
  maxPayload?: number;
  clock?: Clock;
}

/** Every look at it is 1.6 ms later. */
function ticking(): Clock {
  let at = 0;
  return { ...createFakeClock(), now: () => Date.UTC(2026, 0, 1), elapsed: () => (at += 1.6) };
}

async function perform(
  handle: Performer | ((payload: Record<string, unknown>, ctx: TaskContext) => unknown),
  given: Given = {},
) {
  const text = given.text ?? '{"task_id":"1","worker_type":"w","payload":{"a":1}}';
  const task = takeTask(Buffer.from(text), () => 'made');
  assert.ok(!('reason' in task), JSON.stringify(task));
  const { clock = ticking() } = given;
  const performer = typeof handle === 'function' ? inProcess({ handle: handle as never }) : handle;
  const finished: Finished = await performTask(
    task,
    performer,
    { ...NO_RULES, ...given.rules },
    {
      clock,
      log: LOG,
      cut: given.cut ?? new AbortController().signal,
      maxPayload: given.maxPayload ?? 1_000_000,
    },
  );
  return { ...finished, result: JSON.parse(finished.text) as Record<string, unknown> };
}

test('the whole result, in the order in which Heddle writes it', async () => {
  const { text } = await perform(() => ({
    output: { b: 2 },
    model_used: 'm',
    token_usage: { prompt_tokens: 3.4 },
    metadata: { k: 1 },
  }));
  assert.equal(
    text,
    '{"task_id":"1","parent_task_id":null,"worker_type":"w","status":"completed","output":{"b":2},"error":null,' +
      '"model_used":"m","token_usage":{"prompt_tokens":3},"metadata":{"k":1},"processing_time_ms":2,"completed_at":"2026-01-01T00:00:00.000Z"}',
  );
});

test('worker_type is echoed from the task, and a task without id gets one, as in Python', async () => {
  const { result } = await perform(() => ({}), { text: '{"worker_type":"other","parent_task_id":"g","payload":{}}' });
  assert.deepEqual([result.task_id, result.worker_type, result.parent_task_id], ['made', 'other', 'g']);
});

const ANSWERS: readonly (readonly [answer: unknown, output: unknown])[] = [
  [{ a: 1 }, { a: 1 }],
  [undefined, null],
  [null, null],
  [{ output: { x: 1 } }, { x: 1 }],
  [{ output: null, model_used: 'm' }, null],
  [{ output: { output: { x: 1 } } }, { output: { x: 1 } }],
  [{ output: 'text' }, { output: 'text' }],
  [
    { output: { x: 1 }, other: 1 },
    { output: { x: 1 }, other: 1 },
  ],
  [{ model_used: 'm' }, { model_used: 'm' }],
];
for (const [answer, output] of ANSWERS) {
  test(`the answer ${JSON.stringify(answer)} has the output ${JSON.stringify(output)}`, async () => {
    assert.deepEqual(readAnswer(answer).output, output);
    assert.deepEqual((await perform(() => answer)).result.output, output);
  });
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const deep = (): unknown => {
  let value: unknown = {};
  for (let at = 0; at < 2_000; at += 1) value = { value };
  return value;
};
const FAILURES: readonly (readonly [what: string, handle: () => unknown, error: RegExp])[] = [
  [
    'a throw',
    () => {
      throw new Error('no picture');
    },
    /^no picture$/,
  ],
  ['a rejection', () => Promise.reject(new TypeError('x is not y')), /^x is not y$/],
  [
    'a thrown text',
    () => {
      throw 'just text';
    },
    /^just text$/,
  ],
  [
    'an error without a message',
    () => {
      throw new RangeError();
    },
    /^RangeError$/,
  ],
  [
    'nothing thrown',
    () => {
      throw undefined;
    },
    /undefined/,
  ],
  [
    'something that cannot be shown',
    () => {
      throw { toJSON: () => 1n };
    },
    /cannot be shown/,
  ],
  [
    'an error whose message is a number',
    () => {
      throw Object.assign(new Error('x'), { message: 5 });
    },
    /^5$/,
  ],
  [
    'an error that throws when it is looked at',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('not yours');
        },
      });
    },
    /cannot be shown/,
  ],
  [
    'a thrown object with a message',
    () => {
      throw { code: 7, message: 'refused by the service' };
    },
    /^refused by the service$/,
  ],
  [
    'a thrown object without one',
    () => {
      throw { code: 7 };
    },
    /^\{"code":7\}$/,
  ],
  ['a list', () => [1], /expected object, got list/],
  ['text', () => 'x', /expected object, got str/],
  ['a bigint', () => ({ n: 1n }), /cannot be written as JSON/],
  ['a circle', () => cyclic, /cannot be written as JSON/],
  ['nesting that would end a Python reader', deep, /nested so deeply/],
  ['metadata that is no object', () => ({ output: {}, metadata: 5 }), /metadata/],
  ['model_used that is no text', () => ({ output: {}, model_used: 5 }), /model_used/],
];
for (const [what, handle, error] of FAILURES) {
  test(`a handler with ${what} makes a failed result`, async () => {
    const { status, result } = await perform(handle);
    assert.equal(status, 'failed');
    assert.match(String(result.error), error);
    assert.equal(result.output, null);
    assert.ok(Number.isInteger(result.processing_time_ms));
  });
}

test('the output is judged as it will be read: undefined is absent, NaN is null, dates are text', async () => {
  const outputSchema = {
    type: 'object',
    required: ['n'],
    properties: { n: { type: 'number' }, d: { type: 'string' } },
  };
  const output = async (value: unknown) => (await perform(() => value, { rules: { outputSchema } })).result.error;
  assert.equal(await output({ n: undefined }), `Output validation: ["output: missing required field 'n'"]`);
  assert.equal(await output({ n: Number.NaN }), "Output validation: ['output.n: expected number']");
  assert.equal(await output({ n: 1, d: new Date(0) }), null);
});

test('numbers are told apart by their text, the whole output too', async () => {
  const writes = (outputText: string): Performer => ({
    ...inProcess({ handle: () => ({}) }),
    perform: () => Promise.resolve({ output: JSON.parse(outputText), outputText }),
  });
  for (const outputSchema of [undefined, { type: 'object' }]) {
    const error = async (text: string) => (await perform(writes(text), { rules: { outputSchema } })).result.error;
    assert.equal(await error('1.0'), "Output validation: ['output: expected object, got float']");
    assert.equal(await error('1'), "Output validation: ['output: expected object, got int']");
  }
});

test('errors stand in the order of the config, also of names that look like numbers', async () => {
  const config =
    'name: w\nworker_kind: processor\nprocessing_backend: a.b\ninput_schema:\n  type: object\n  properties: {"10": {type: string}, "9": {type: string}, b: {type: string}}\n';
  const read = readWorkerConfig(readText('w.yaml', config));
  assert.ok(read.ok);
  const { inputSchema } = settingsOf(read.value);
  const text = '{"task_id":"1","worker_type":"w","payload":{"9":1,"10":1,"b":1}}';
  const { result } = await perform(() => ({}), { text, rules: { inputSchema } });
  assert.equal(
    result.error,
    "Input validation: ['input.10: expected string', 'input.9: expected string', 'input.b: expected string']",
  );
});

test('too long a task times out; its handler hears it, and a late failure of it harms nobody', async () => {
  const reasons: unknown[] = [];
  const clock = createFakeClock();
  const performing = perform(
    (_payload, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          clock.after(5, () => reject(new Error('late')));
        });
      }),
    { rules: { timeoutMs: 30 }, clock },
  );
  await clock.advance(29);
  assert.equal(reasons.length, 0);
  await clock.advance(1);
  const { result } = await performing;
  assert.equal(result.error, 'the task timed out after 0.03 s');
  assert.equal(result.processing_time_ms, 30);
  assert.ok(reasons[0] instanceof TaskEnded);
  await clock.advance(20);
  assert.equal(clock.waiting, 0);
});

test('a cut ends what runs, and what has not begun never begins', async () => {
  const cut = new AbortController();
  const performing = perform(() => new Promise(() => {}), { cut: cut.signal });
  cut.abort(new TaskEnded('stopped'));
  const { result } = await performing;
  assert.equal(result.error, 'stopped');
  let called = false;
  const second = await perform(
    () => {
      called = true;
      return {};
    },
    { cut: cut.signal },
  );
  assert.equal(second.result.error, 'stopped');
  assert.equal(called, false);
});

test('a result over max_payload becomes a failed one with the size', async () => {
  const { result, text } = await perform(() => ({ t: 'x'.repeat(5_000) }), { maxPayload: 1_000 });
  assert.match(String(result.error), /^the result has 5\d\d\d bytes; the server takes 1000 \(max_payload\)$/);
  assert.ok(text.length < 1_000);
});

test('a lane that leaves no room for the error is left out', async () => {
  const text = `{"task_id":"1","worker_type":"w","payload":{},"_x":"${'x'.repeat(950)}"}`;
  const { result } = await perform(
    () => {
      throw new Error('no'.repeat(500));
    },
    { maxPayload: 1_000, text },
  );
  assert.equal(result.status, 'failed');
  assert.equal(result.task_id, '1');
  assert.equal('_x' in result, false);
});

test('a very long error is cut', async () => {
  const { result } = await perform(() => {
    throw new Error('x'.repeat(100_000));
  });
  assert.match(String(result.error), /^x{16384}… \(100000 characters\)$/);
});

test('echo gives the payload back character for character', async () => {
  const { text } = await perform(echo(), {
    text: '{"task_id":"1","worker_type":"w","payload":{"10":1.0, "9":12345678901234567890,\n"__proto__":{"a":1e3}}}',
  });
  assert.ok(text.includes('"output":{"10":1.0, "9":12345678901234567890, "__proto__":{"a":1e3}},"error":null'), text);
});

test('echo of NaN is JSON again', async () => {
  const { result } = await perform(echo(), { text: '{"task_id":"1","worker_type":"w","payload":{"a":NaN}}' });
  assert.deepEqual(result.output, { a: null });
});

test('the handler sees the tier in its metadata, and the rest of it', async () => {
  let seen: unknown;
  await perform(
    (_payload, { metadata }) => {
      seen = metadata;
      return {};
    },
    {
      text: '{"worker_type":"w","payload":{},"model_tier":"frontier","metadata":{"stage_name":"s","model_tier":"local"}}',
    },
  );
  assert.deepEqual(seen, { stage_name: 's', model_tier: 'frontier' });
});
