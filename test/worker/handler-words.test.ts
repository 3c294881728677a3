import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { taskLog } from '../../src/worker/handler-words.ts';

const circle: Record<string, unknown> = {};
circle.self = circle;

const LINES: readonly (readonly [given: readonly unknown[], message: string, fields: unknown])[] = [
  [['text'], 'text', undefined],
  [['text', { n: 1 }], 'text', { n: 1 }],
  [['text', { n: 10n }], 'text', { n: '10' }],
  [['text', { error: new Error('why') }], 'text', { error: 'why' }],
  [['text', circle], 'text', { value: '(cannot be shown)' }],
  [['text', 5], 'text', { value: 5 }],
  [['text', null], 'text', undefined],
  [[undefined], 'undefined', undefined],
  [[new Error('why')], 'why', undefined],
  [[{ a: 1 }], '{"a":1}', undefined],
];
for (const [at, [given, message, fields]] of LINES.entries()) {
  test(`a handler may log anything: case ${at + 1} becomes ${JSON.stringify(message)}`, () => {
    const heard: WorkerEvent[] = [];
    const log = taskLog('t', (event) => heard.push(event));
    (log.info as (...given: readonly unknown[]) => void)(...given);
    assert.deepEqual(heard, [{ kind: 'handler_log', level: 'info', message, fields, taskId: 't' }]);
  });
}
