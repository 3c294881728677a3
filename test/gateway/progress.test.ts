import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressNotices } from '../../src/gateway/hub/notices.ts';
import { readProgress } from '../../src/gateway/hub/progress.ts';
import type { RequestRecord } from '../../src/gateway/requests/record.ts';

// Long progress is known by its bytes, and stays bytes until a notice is made of it. What is told must be the same as of short text.

const LONG = 'x'.repeat(40_000);
const RECORD = { id: 'gw-1', kind: 'task', message_id: 't', owner: 'o', client_id: 'c' } as unknown as RequestRecord;

function read(data: string | Uint8Array): ReturnType<typeof readProgress> {
  return readProgress({ subject: 'heddle.gateway.progress.7', data: Buffer.from(data) });
}

test('a long one belongs to the same request as a short one', () => {
  for (const [text, request] of [
    ['{"a":1,"note":"…"}', 'gw-7'],
    ['{"parent_task_id":"gw-p","note":"…"}', 'gw-p'],
    ['{"note":"…","parent_task_id":"gw-x","parent_task_id":"gw-p"}', 'gw-p'],
    ['{"parent_task_id":null,"note":"…"}', 'gw-7'],
    ['{"par\\u0065nt_task_id":"gw-p","note":"…"}', 'gw-p'],
    ['{"parent_task_id":"\\u0067w-p","note":"…"}', 'gw-p'],
    ['{"inner":{"parent_task_id":"gw-p"},"note":"…"}', 'gw-7'],
    ['{"note":"…","said":"parent_task_id"}', 'gw-7'],
    ['{"parent_task_id":"of-somebody-else","note":"…"}', undefined],
    ['{\n  "parent_task_id": "gw-p",\n  "note": "…"\n}', 'gw-p'],
    ['{"parent_task_id":"gw-p","is":NaN,"note":"…"}', 'gw-p'],
    ['["…"]', undefined],
    ['{"note":"…"', undefined],
    ['{"note":"…"} and more', undefined],
  ] as const) {
    assert.equal(read(text)?.request, request, text);
    assert.equal(read(text.replace('…', LONG))?.request, request, text);
  }
  assert.equal(
    read(Buffer.concat([Buffer.from('{"note":"'), Buffer.alloc(40_000, 0xff), Buffer.from('"}')])),
    undefined,
  );
});

test('its notice holds what came, letter by letter, however long it is', () => {
  for (const note of ['x'.repeat(10), LONG, 'ü€'.repeat(30_000), '1.0 \u{1f600}'.repeat(20_000), 'y'.repeat(900_000)]) {
    const text = `{"n":1.0,"note":${JSON.stringify(note)},"big":12345678901234567890}`;
    const said = read(text);
    assert.ok(said !== undefined);
    const [notice] = progressNotices(RECORD, { taskId: said.taskId, raw: said.raw, key: 'k' }, 2_000_000);
    assert.equal(notice?.data, `{"request_id":"gw-1","task_id":"7","progress_omitted":false,"progress":${text}}`);
  }
});
