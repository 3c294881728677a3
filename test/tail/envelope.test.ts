import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEnvelope } from '../../src/tail/envelope.ts';
import { readEnvelope } from '../../src/tail/read-envelope.ts';
import type { TailRecord } from '../../src/tail/record.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { recordOf, result } from './fake.ts';

const AT = Date.UTC(2026, 3, 29, 12);

function lineOf(record: TailRecord): string {
  const parts: Buffer[] = [];
  writeEnvelope(record, {
    text: (text) => void parts.push(Buffer.from(text)),
    bytes: (bytes) => void parts.push(Buffer.from(bytes)),
  });
  return Buffer.concat(parts).toString();
}

test('a message comes out of its envelope as it went in', () => {
  const messages: (string | Uint8Array)[] = [
    result(),
    result({ error: 'ünïcödé \u2028 😀 "quotes" \\' }),
    '{"task_id":"t","worker_type":"w","status":"completed","output":{"n":12345678901234567890,"f":1.0,"e":1e400}}',
    '{"task_id":"a","task_id":"b","worker_type":"w","status":"completed","__proto__":{"x":1},"2":0,"1":0}',
    `{"task_id":"t","worker_type":"w","status":"completed","output":{"deep":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
    '{"task_id":"\\ud800","worker_type":"w","status":"completed"}',
    '{"task_id":"t","worker_type":"w","status":"failed","error":NaN}',
    '[1,2]',
    'null',
    '"\u202etext"',
    '',
    'not json \u001b[31m',
    '{"a":"b"}trailing',
    '\ufeff{"a":1}',
    Uint8Array.of(0xff, 0xfe, 0x00, 0x0a),
    result({ error: 'x'.repeat(1_000_000) }),
  ];
  for (const message of messages) {
    const bytes = Buffer.from(message as string);
    const line = lineOf(recordOf(bytes, { at: AT, receivedAt: AT, subject: 'heddle.results.ü' }));
    const shown = bytes.toString().slice(0, 60);
    assert.equal(line.indexOf('\n'), line.length - 1, shown);
    const document = JSON.parse(line) as Record<string, unknown>;
    assert.equal(document.schema_version, 1);
    assert.equal(document.received_at, '2026-04-29T12:00:00.000Z');
    assert.equal(document.subject, 'heddle.results.ü');
    assert.equal(document.size, bytes.length);
    const back = readEnvelope(line.trimEnd());
    assert.ok(back.is === 'message', shown);
    assert.deepEqual(Buffer.from(back.bytes), bytes, shown);
    assert.equal(back.at, AT);
    assert.equal(back.subject, 'heddle.results.ü');
  }
});

test("what passes on the subjects of generation C's events is named by them", () => {
  const documentOf = (subject: string, bytes: string) => JSON.parse(lineOf(recordOf(bytes, { subject })));
  const rejection = documentOf('heddle.rejections.order.42.denied', '{"payload_type":"order.Denied","payload":{}}');
  assertKeepsSchema('tail', rejection);
  assert.deepEqual(rejection.event, { kind: 'rejection', type: 'order', id: '42', name: 'denied' });
  assert.equal(
    rejection.problem.detail,
    'a rejection, the second kind of dead letter, of generation C: "denied" of order 42',
  );
  const event = documentOf('heddle.events.order.a.b.closed', '{"at":1}');
  assert.equal(event.problem.detail, 'an event of generation C: "closed" of order a.b');
  assert.deepEqual(documentOf('heddle.dedup.k.1', '{}').event, { kind: 'dedup', key: 'k.1' });
  assert.equal('event' in documentOf('heddle.other', '{}'), false);
});

test('a message on several lines stays one line, and the same value', () => {
  const pretty = JSON.stringify(JSON.parse(result({ output: { a: [1, 'x\ny'] } })), undefined, 2).replaceAll(
    '\n',
    '\r\n',
  );
  const line = lineOf(recordOf(pretty));
  assert.equal(line.split('\n').length, 2);
  assert.deepEqual((JSON.parse(line) as { message: unknown }).message, JSON.parse(pretty));
});

test('gaps keep what is known of them', () => {
  const gap = {
    record: 'gap',
    reason: 'slow_consumer',
    from: AT,
    to: AT + 5,
    missed: undefined,
    atLeast: 7,
    detail: 'why',
  } as const;
  const document = JSON.parse(lineOf(gap)) as Record<string, unknown>;
  assert.deepEqual([document.kind, document.missed, document.missed_at_least], ['gap', null, 7]);
  const back = readEnvelope(lineOf(gap));
  assert.deepEqual(back, { is: 'gap', gap });
});

test('lines that are no envelopes', () => {
  const bare = readEnvelope(result());
  assert.ok(bare.is === 'message' && bare.subject === undefined);
  assert.equal(Buffer.from(bare.bytes).toString(), result());
  for (const line of ['', '[]', '{', 'x', '{"subject":"a"}', '{"subject":"a","payload_base64":"%%"}']) {
    assert.equal(readEnvelope(line).is, 'unreadable', line);
  }
  assert.equal(readEnvelope('{"schema_version":1,"kind":"summary"}').is, 'derived');
});
