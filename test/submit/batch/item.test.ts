import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeTask } from '../../../src/contract/heddle-verdict.ts';
import { type Item, type ItemOptions, itemReader, type ReadItem } from '../../../src/submit/batch/item.ts';
import { taskStencil } from '../../../src/submit/batch/stencil.ts';
import { prepareTask } from '../../../src/submit/task-draft.ts';

let count = 0;
const sources = {
  now: () => Date.UTC(2026, 3, 29, 12, 0, 0, 5),
  uuid: () => {
    count += 1;
    return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
  },
};
const options: ItemOptions = { lines: 'auto', draft: { workerType: 'echo' }, direct: false };
const read = (text: string, more: Partial<ItemOptions> = {}): ReadItem =>
  itemReader({ ...options, ...more }, sources)(7, text);
const item = (text: string, more: Partial<ItemOptions> = {}): Item => {
  const made = read(text, more);
  assert.ok('text' in made, JSON.stringify(made));
  return made;
};
const problem = (text: string, more: Partial<ItemOptions> = {}): string => {
  const made = read(text, more);
  return 'problem' in made ? made.problem : JSON.stringify(made);
};

test('a stencil writes what the contract would', () => {
  const draft = {
    workerType: 'echo',
    tier: 'local' as const,
    parentId: 'p',
    metadata: { note: '"payload":{},"created_at":"x"' },
    requestId: '"created_at":"',
  };
  const write = taskStencil(draft, sources);
  const { id, text } = write('{"a":1.0,"created_at":"z"}');
  const whole = prepareTask({ ...draft, taskId: id, payload: {}, payloadText: '{"a":1.0,"created_at":"z"}' }, sources);
  assert.equal(text, whole.text);
  assert.notEqual(write('{}').id, id);
});

test('a payload keeps its own text', () => {
  const made = item('{"a": 1.0, "big": 9007199254740993}');
  assert.ok(made.text.includes('"payload":{"a": 1.0, "big": 9007199254740993},"model_tier":"standard"'));
  assert.deepEqual(judgeTask(JSON.parse(made.text)), []);
  assert.equal(made.subject, 'heddle.tasks.incoming');
  assert.equal(made.resultSubject, 'heddle.results.default');
  assert.equal(made.line, 7);
  assert.equal(
    item('{}', { draft: { workerType: 'echo', tier: 'local' }, direct: true }).subject,
    'heddle.tasks.echo.local',
  );
});

test('an envelope passes as it is, and gets what it lacks', () => {
  const whole = '{"worker_type":"echo","payload":{"n":1.0},"task_id":"t1","x":[1,2],"_lane":{"k":1e3}}';
  const made = item(whole);
  assert.equal(made.id, 't1');
  assert.ok(made.text.startsWith(whole.slice(0, -1)), made.text);
  const message = JSON.parse(made.text);
  assert.equal(message.model_tier, 'standard');
  assert.equal(message.created_at, '2026-04-29T12:00:00.005Z');
  assert.deepEqual(judgeTask(message), []);
  const named = item('{"worker_type":"echo","payload":{}}');
  assert.equal(JSON.parse(named.text).task_id, named.id);
});

test('where the answer to an envelope is awaited', () => {
  const cases: readonly [parent: string, want: string][] = [
    ['', 'own'],
    [',"parent_task_id":null', 'own'],
    [',"parent_task_id":""', 'own'],
    [',"parent_task_id":"theirs"', 'theirs'],
  ];
  for (const [parent, want] of cases) {
    const made = item(`{"worker_type":"echo","payload":{}${parent}}`, { parentId: 'own' });
    assert.equal(made.resultSubject, `heddle.results.${want}`, parent);
    assert.equal(JSON.parse(made.text).parent_task_id, want, parent);
  }
  assert.equal(
    item('{"worker_type":"echo","payload":{},"parent_task_id":null}').resultSubject,
    'heddle.results.default',
  );
});

test('what tail recorded comes back; what is no task is left out', () => {
  const record = (kind: string, message: string): string =>
    `{"received_at":"2026-04-29T12:00:00Z","subject":"heddle.tasks.incoming","kind":"${kind}","generation":"B","message":${message}}`;
  const made = item(record('task', '{"task_id":"t1","worker_type":"echo","payload":{"n":1.0}}'));
  assert.equal(made.id, 't1');
  assert.ok(made.text.includes('{"n":1.0}'));
  assert.deepEqual(read(record('result', '{}')), { line: 7, notATask: 'result' });
  assert.deepEqual(read(record('dead_letter', '{}')), { line: 7, notATask: 'dead_letter' });
  assert.match(problem(record('task', '[]')), /record without a message/);
});

test('without a worker type every line must be an envelope', () => {
  assert.equal(item('{"worker_type":"other","payload":{}}', { draft: undefined }).workerType, 'other');
  assert.match(problem('{"text":"x"}', { draft: undefined }), /no task that Heddle accepts/);
});

test('the kind of lines can be said', () => {
  const both = '{"worker_type":"x","payload":{}}';
  assert.ok(item(both, { lines: 'payload' }).text.includes(`"payload":${both}`));
  assert.match(problem('{"text":"x"}', { lines: 'envelope' }), /no task that Heddle accepts/);
});

test('what is wrong with a line', () => {
  const cases: readonly [text: string, words: RegExp, more?: Partial<ItemOptions>][] = [
    ['', /is not JSON/],
    ['{', /is not JSON/],
    ['[1]', /is a list, not a JSON object/],
    ['null', /is null/],
    ['"x"', /is a string/],
    ['{"a":NaN}', /is not JSON/],
    [`{"a":${'['.repeat(950)}${']'.repeat(950)}}`, /nests deeper/],
    ['{"worker_type":"other","payload":{}}', /is a task for "other", not for "echo"/],
    ['{"worker_type":"a b","payload":{}}', /cannot be part of a subject/],
    ['{"worker_type":"echo","payload":{},"parent_task_id":"a..b"}', /parent_task_id that cannot/],
    ['{"worker_type":"echo","payload":{},"priority":"urgent"}', /priority/],
    ['{"payload_type":"core.TaskMessage","payload":{}}', /unreleased wire format/, { lines: 'envelope' }],
    ['{"x":1}', /\/x: wrong/, { check: () => ['/x: wrong'] }],
  ];
  for (const [text, words, more] of cases) assert.match(problem(text, more), words, text.slice(0, 60));
});

test('prototype keys in a payload are data', () => {
  const made = item('{"__proto__":{"polluted":true},"constructor":1}');
  assert.ok(made.text.includes('"payload":{"__proto__":{"polluted":true},"constructor":1}'));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
