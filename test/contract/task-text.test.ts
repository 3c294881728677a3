import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTask } from '../../src/contract/build.ts';
import { encodeMessage } from '../../src/contract/encode.ts';
import { taskText } from '../../src/contract/task-text.ts';

test('a task of parts that are text already is written as a built one is', () => {
  for (const id of ['a', 'gw-0', 'with "quotes" \\ and \u2028', '\ud800', '__proto__', '']) {
    const payload = { text: id, n: [1, 2.5, { deep: null }] };
    const metadata = { of: id };
    const carrier = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'k="v"' };
    const said = {
      task_id: `t${id}`,
      parent_task_id: `p${id}`,
      worker_type: 'ocr',
      model_tier: 'local',
      priority: 'high',
      created_at: '2026-01-01T12:00:00.000Z',
      request_id: `r${id}`,
    } as const;
    const sources = { now: () => 0, uuid: () => assert.fail('every id is given') };
    const built = buildTask({ ...said, payload, metadata, _trace_context: carrier }, sources);
    const [payloadText, metadataText, carrierText] = [payload, metadata, carrier].map((each) => JSON.stringify(each));
    assert.equal(
      taskText({
        ...said,
        payload: payloadText ?? '',
        metadata: metadataText ?? '',
        _trace_context: carrierText ?? '',
      }),
      encodeMessage(built),
    );
  }
});

test('no digit of a payload is written again', () => {
  const parts = {
    task_id: 't',
    parent_task_id: 'p',
    worker_type: 'w',
    payload: '{"n":12345678901234567890,"x":1.0}',
    model_tier: 'standard',
    priority: 'normal',
    created_at: '2026-01-01T12:00:00.000Z',
    request_id: 'r',
    metadata: '{}',
    _trace_context: '{}',
  } as const;
  assert.ok(taskText(parts).includes('"payload":{"n":12345678901234567890,"x":1.0},'));
});
