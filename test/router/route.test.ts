import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finiteText } from '../../src/router/finite-text.ts';
import { createRoute, type Decision, type RouteClock } from '../../src/router/route.ts';
import { checkRules, NO_RULES, type RouterRules } from '../../src/router/rules.ts';

const CLOCK: RouteClock = {
  now: () => Date.UTC(2026, 3, 29, 12),
  uuid: () => '00000000-0000-4000-8000-000000000001',
  elapsed: () => 0,
};

function decide(text: string | Uint8Array, rules: RouterRules = NO_RULES): Decision {
  return createRoute({ rules, refill: 'max_concurrent' }, CLOCK)(typeof text === 'string' ? Buffer.from(text) : text);
}

function forwarded(text: string, rules?: RouterRules): { subject: string; text: string } {
  const decision = decide(text, rules);
  assert.equal(decision.outcome, 'forward', JSON.stringify(decision));
  if (decision.outcome !== 'forward') throw new Error();
  return { subject: decision.subject, text: Buffer.from(decision.bytes).toString() };
}

function buried(text: string | Uint8Array, rules?: RouterRules): { reason: string; envelope: string } {
  const decision = decide(text, rules);
  assert.equal(decision.outcome, 'dead_letter', JSON.stringify(decision));
  if (decision.outcome !== 'dead_letter') throw new Error();
  return decision;
}

const WHOLE =
  '{"task_id":"t1","parent_task_id":null,"worker_type":"echo","payload":{"n":12345678901234567890,"f":1.0, "e":1e3},' +
  '"model_tier":"local","priority":"low","created_at":"2026-04-29T12:00:00Z","request_id":null,"metadata":{}}';

test('a whole task goes on byte for byte, the very same bytes', () => {
  const bytes = Buffer.from(WHOLE);
  const decision = createRoute({ rules: NO_RULES, refill: 'max_concurrent' }, CLOCK)(bytes);
  assert.ok(
    decision.outcome === 'forward' && decision.bytes === bytes && decision.subject === 'heddle.tasks.echo.local',
  );
});

test('what Python would fill in is filled in, and nothing else is touched', () => {
  const text =
    ' {"worker_type":"echo","payload":{"1":1.0,"0":2},"__proto__":{"a":1},"_trace_context":{"x":5},"max_retries":1} ';
  const { subject, text: out } = forwarded(text);
  assert.equal(subject, 'heddle.tasks.echo.standard');
  assert.equal(
    out,
    ' {"worker_type":"echo","payload":{"1":1.0,"0":2},"__proto__":{"a":1},"_trace_context":{"x":5},"max_retries":1' +
      ',"task_id":"00000000-0000-4000-8000-000000000001","created_at":"2026-04-29T12:00:00.000Z","model_tier":"standard","priority":"normal","metadata":{}} ',
  );
});

test('an override is stronger than the message, and the body keeps what it asked for', () => {
  const rules = { tierOverrides: new Map([['echo', 'frontier']]), rateLimits: new Map() };
  const { subject, text } = forwarded(WHOLE, rules);
  assert.equal(subject, 'heddle.tasks.echo.frontier');
  assert.equal(text, WHOLE);
  assert.equal(forwarded(WHOLE.replace('"echo"', '"echo2"'), rules).subject, 'heddle.tasks.echo2.local');
});

test('NaN and the infinities become null, as in Python', () => {
  const { text } = forwarded(WHOLE.replace('1.0', '[NaN, -Infinity,Infinity,"NaN \\" Infinity",-1]'));
  assert.ok(text.includes('"f":[null, null,null,"NaN \\" Infinity",-1]'), text);
  assert.equal(finiteText('{"NaN":NaN}'), '{"NaN":null}');
});

test('rate limits belong to the resolved tier; refusals and invalid tasks cost nothing', () => {
  const rules: RouterRules = {
    tierOverrides: new Map([['small', 'local']]),
    rateLimits: new Map([['local', { maxConcurrent: 2, tokensPerMinute: undefined }]]),
  };
  let now = 0;
  const route = createRoute({ rules, refill: 'max_concurrent' }, { ...CLOCK, elapsed: () => now });
  const send = (text: string): string => {
    const decision = route(Buffer.from(text));
    return decision.outcome === 'dead_letter' ? decision.reason : decision.outcome;
  };
  const small = '{"worker_type":"small","model_tier":"frontier","payload":{}}';
  const limited = "rate_limited: tier 'local' has no available capacity";
  assert.equal(send('{"worker_type":"small"}').startsWith('invalid_task_message: '), true);
  assert.deepEqual([send(small), send(WHOLE), send(small), send(WHOLE)], ['forward', 'forward', limited, limited]);
  assert.equal(send('{"worker_type":"other","payload":{}}'), 'forward', 'standard has no limit');
  now = 30_000;
  assert.deepEqual([send(small), send(small)], ['forward', limited]);
  const after = createRoute({ rules, refill: 'max_concurrent' }, { ...CLOCK, elapsed: () => now }, route);
  assert.equal(after(Buffer.from(small)).outcome, 'dead_letter', 'a reload is no way around a limit');
});

test('a task without an id gets one before it can be refused for its rate, as in Heddle', () => {
  const rules: RouterRules = {
    tierOverrides: new Map(),
    rateLimits: new Map([['standard', { maxConcurrent: 1, tokensPerMinute: undefined }]]),
  };
  const route = createRoute({ rules, refill: 'max_concurrent' }, CLOCK);
  const task = '{"worker_type":"echo","payload":{}}';
  route(Buffer.from(task));
  const decision = route(Buffer.from(task));
  assert.ok(decision.outcome === 'dead_letter');
  assert.deepEqual(JSON.parse(decision.envelope), {
    reason: "rate_limited: tier 'standard' has no available capacity",
    original_task: JSON.parse(task),
    task_id: CLOCK.uuid(),
    worker_type: 'echo',
  });
});

test('the dead letter holds the original as it came, and its ids raw', () => {
  const original = ' {"task_id": 1.0, "worker_type": ["a"], "payload": {"n": 12345678901234567890}, "_x": 1} ';
  const { reason, envelope } = buried(original);
  assert.match(reason, /^invalid_task_message: .*task_id.*worker_type/);
  assert.equal(
    envelope,
    `{"reason":${JSON.stringify(reason)},"original_task":${original},"task_id":1.0,"worker_type":["a"]}`,
  );
});

/** Every row of what was measured with Heddle's own router, and what ours does instead of dying. */
const HOSTILE: readonly (readonly [name: string, message: string | Uint8Array, outcome: 'skip' | RegExp])[] = [
  ['text that is no JSON', 'not json', 'skip'],
  ['nothing', '', 'skip'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'skip'],
  ['a byte order mark', Buffer.from(`\ufeff${WHOLE}`), 'skip'],
  ['a list', '[]', /expected an object, got list/],
  ['text', '"x"', /expected an object, got str/],
  ['a number', '42', /expected an object, got int/],
  ['null', 'null', /expected an object, got NoneType/],
  ['true', 'true', /expected an object, got bool/],
  [
    'deep nesting',
    `{"worker_type":"echo","payload":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`,
    /nested so deeply/,
  ],
  ['a huge integer', `{"worker_type":"echo","payload":{"a":${'9'.repeat(5_000)}}}`, /integer so long/],
  [
    'a trace header that is no text',
    '{"worker_type":"echo","payload":{},"_trace_context":{"traceparent":5}}',
    /traceparent/,
  ],
  ['a space in the worker type', '{"worker_type":"my worker","payload":{}}', /worker_type/],
  ['two spaces', '{"worker_type":"my  worker","payload":{}}', /worker_type/],
  ['a line break', '{"worker_type":"my\\r\\nPUB x 0","payload":{}}', /worker_type/],
  ['an empty worker type', '{"worker_type":"","payload":{}}', /worker_type: is empty/],
  ['an empty token', '{"worker_type":"a..b","payload":{}}', /worker_type/],
  ['a star', '{"worker_type":"*","payload":{}}', /worker_type/],
  ['a full wildcard', '{"worker_type":">","payload":{}}', /worker_type/],
  ['a lone surrogate', '{"worker_type":"\\ud800","payload":{}}', /worker_type/],
  ['a long name', `{"worker_type":"${'a'.repeat(1025)}","payload":{}}`, /longer than 1024 bytes/],
  ['an unknown tier', '{"worker_type":"echo","payload":{},"model_tier":"gpu"}', /model_tier/],
  ['an explicit null', '{"worker_type":"echo","payload":{},"metadata":null}', /metadata/],
  ['a frame of generation C', '{"payload_type":"core.TaskMessage","payload":{},"message_id":"x"}', /later Heddle/],
];

for (const [name, message, outcome] of HOSTILE) {
  test(`hostile: ${name}`, () => {
    const decision = decide(message);
    if (outcome === 'skip') return assert.equal(decision.outcome, 'skip');
    const { reason, envelope } = buried(message);
    assert.match(reason, /^invalid_task_message: /);
    assert.match(reason, outcome);
    assert.ok(reason.length < 1_000, 'the reason does not repeat the message');
    const { original_task, ...rest } = JSON.parse(envelope) as Record<string, unknown>;
    assert.deepEqual(Object.keys(rest), ['reason', 'task_id', 'worker_type']);
    const same = typeof original_task === 'string' && message !== '"x"' ? original_task : JSON.stringify(original_task);
    assert.equal(same.replaceAll(/\s/g, ''), message.toString().replaceAll(/\s/g, ''));
  });
}

for (const name of ['a.b', 'größe', 'a'.repeat(129)]) {
  test(`what NATS can carry is routed, and refused with strictNames: ${name.slice(0, 10)}`, () => {
    const task = JSON.stringify({ worker_type: name, payload: {} });
    assert.equal(forwarded(task).subject, `heddle.tasks.${name}.standard`);
    const strict = createRoute({ rules: NO_RULES, refill: 'max_concurrent', strictNames: true }, CLOCK);
    const decision = strict(Buffer.from(task));
    assert.equal(decision.outcome, 'dead_letter');
    assert.match(
      JSON.stringify(decision),
      /worker_type: (holds characters other than|has 129 characters).*, and this router takes plain names alone/,
    );
  });
}

for (const workerType of ['dead_letter', 'incoming']) {
  test(`the worker type ${workerType} makes no loop`, () => {
    const { subject } = forwarded(`{"worker_type":"${workerType}","payload":{}}`);
    assert.equal(subject, `heddle.tasks.${workerType}.standard`);
  });
}

test('what would end a Python reader travels in the dead letter as text', () => {
  const message = `{"worker_type":"echo","payload":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`;
  const { original_task } = JSON.parse(buried(message).envelope) as { original_task: unknown };
  assert.equal(original_task, message);
});

test('rules made by a program are checked; a bad tier that got through is a dead letter', () => {
  const bad = { tierOverrides: new Map([['echo', 'gpu']]), rateLimits: new Map() };
  assert.throws(() => checkRules(bad), /"echo" to "gpu", which is no tier/);
  assert.equal(buried(WHOLE, bad).reason, "unknown_tier: 'gpu' is not a valid ModelTier");
  for (const limit of [0, 1.5, Number.NaN]) {
    const rules = {
      tierOverrides: new Map(),
      rateLimits: new Map([['local', { maxConcurrent: limit, tokensPerMinute: 1 }]]),
    };
    assert.throws(() => checkRules(rules), /max_concurrent/);
  }
  const rules = { tierOverrides: new Map(), rateLimits: new Map([['gpu', { maxConcurrent: 1, tokensPerMinute: 1 }]]) };
  assert.throws(() => checkRules(rules), /rate_limits names "gpu"/);
});
