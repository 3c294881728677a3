import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf, plainReason } from '../../src/letters/fingerprint.ts';
import { judge, orphanOf } from '../../src/letters/judge.ts';
import { idOf, placeOf } from '../../src/letters/letter.ts';
import { failedResult, refusal, task } from './bus.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const DEAD = 'heddle.tasks.dead_letter';

test('each kind of failed work is told from what went well', () => {
  const kinds: readonly (readonly [string, string, string | undefined, string?])[] = [
    [DEAD, refusal('t-1'), 'refusal', 'rate_limited'],
    [DEAD, refusal('t-1', { reason: "unknown_tier: 'huge' is not a valid ModelTier" }), 'refusal', 'unknown_tier'],
    [
      DEAD,
      refusal('t-1', { reason: 'invalid_task_message: /payload: Field required' }),
      'refusal',
      'invalid_task_message',
    ],
    ['heddle.results.default', failedResult('t-1', "Input validation: ['x']"), 'failed_result', 'invalid_input'],
    ['heddle.results.default', failedResult('t-1', 'boom'), 'failed_result', 'worker_error'],
    ['heddle.results.g-1', failedResult('t-1', 'boom', 'ocr', 'g-1'), 'failed_result', 'worker_error'],
    [
      'heddle.results.g-1',
      failedResult('g-1', "Stage 'summarise' timed out after 30s", 'pipeline'),
      'failed_goal',
      'stage_timed_out',
    ],
    ['heddle.results.default', '{"task_id":"t-1"', 'unreadable_result', 'unreadable'],
    ['heddle.results.default', failedResult('t-1', 'x').replace('"failed"', '"completed"'), undefined],
    [
      'heddle.results.default',
      failedResult('t-1', 'x').replace('"failed"', '"f\\u0061iled"'),
      'failed_result',
      'worker_error',
    ],
    ['heddle.rejections.core.g-1.declined', '{"reason":"not now"}', 'rejection', 'rejected'],
    ['heddle.control.reload', '{"action":"reload"}', undefined],
  ];
  for (const [subject, text, kind, cause] of kinds) {
    const found = judge(subject, bytes(text));
    assert.equal(found?.kind, kind, text);
    if (cause !== undefined) assert.equal(found?.cause, cause, text);
  }
});

test('an id keeps its type and its digits', () => {
  const letter =
    '{"reason":"invalid_task_message: x","original_task":{"task_id":9007199254740993},"task_id":9007199254740993,"worker_type":null}';
  assert.equal(judge(DEAD, bytes(letter))?.workId, '9007199254740993');
  assert.equal(judge(DEAD, bytes(refusal('t-1')))?.workId, '"t-1"');
});

test('an orphan is where its task was going', () => {
  const found = orphanOf('heddle.tasks.ocr.local', bytes(task('t-9')), 61_400);
  assert.deepEqual([found.worker, found.tier, found.workId, found.waitedMs], ['ocr', 'local', '"t-9"', 61_400]);
  assert.equal(found.reason, 'no result came within 61 s');
});

test('failures of one cause are one group, whatever values they hold', () => {
  const same: readonly (readonly string[])[] = [
    ["KeyError: 'text' in row 17", "KeyError: 'name' in row 4"],
    ['timeout after 30.5 s at https://a.example/x?y=1', 'timeout after 31 s at https://b.example/'],
    ['task 5f0c7a52-4a3e-4b59-9d55-2a0a7a3f9a11 gone', 'task 11111111-2222-3333-4444-555555555555 gone'],
    ["[Errno 2] No such file: '/tmp/a/b.pdf'", "[Errno 2] No such file: '/srv/other.pdf'"],
  ];
  for (const reasons of same) assert.equal(new Set(reasons.map(plainReason)).size, 1, reasons.join(' | '));
  const apart = [
    'Input validation: ["input: missing required field \'text\'"]',
    'Input validation: ["input: missing required field \'page\'"]',
    "rate_limited: tier 'local' has no available capacity",
    "rate_limited: tier 'frontier' has no available capacity",
    "'text'",
    "'page'",
  ];
  assert.equal(new Set(apart.map(plainReason)).size, apart.length);
  const of = (text: string): string => fingerprintOf(judge(DEAD, bytes(text))!);
  assert.equal(of(refusal('t-1')), of(refusal('t-2')));
  assert.notEqual(of(refusal('t-1')), of(refusal('t-1', { worker: 'summarizer' })));
  assert.match(of(refusal('t-1')), /^[0-9a-z]{8}$/);
});

test('a hostile reason costs no more than its beginning', () => {
  const began = performance.now();
  for (const text of [`validation[${"'".repeat(1e6)}`, '('.repeat(1e6), `${'\\'.repeat(1e6)}'`, `${'1,'.repeat(1e6)}e`])
    plainReason(text);
  assert.ok(performance.now() - began < 1000);
});

test('an id leads back to its place, and the same number of another time is another', () => {
  const id = idOf('d', 1204, 1_795_000_000_000);
  assert.match(id, /^d1204-[0-9a-z]{4}$/);
  assert.deepEqual(placeOf(id), { source: 'd', seq: 1204, check: id.slice(-4) });
  assert.notEqual(id, idOf('d', 1204, 1_795_000_000_001));
  assert.equal(placeOf(idOf('OTHER_STREAM', 7, 1))?.source, 'OTHER_STREAM');
  for (const text of ['', 'd', '17', 'd-1', 'd1-zz', '../1', 'd1-7f3k9']) assert.equal(placeOf(text), undefined, text);
});
