import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom, systemUuid, uuid4 } from '../../src/contract/ids.ts';
import {
  childSpan,
  newTrace,
  parseTraceparent,
  readTraceContext,
  traceCarrier,
  traceFromEnvironment,
  traceparent,
} from '../../src/contract/trace-context.ts';

const T = '4bf92f3577b34da6a3ce929d0e0e4736';
const S = '00f067aa0ba902b7';
const good = `00-${T}-${S}-01`;

describe('traceparent', () => {
  const rows: [unknown, boolean][] = [
    [good, true],
    [`00-${T}-${S}-00`, true],
    [`00-${T}-${S}-ff`, true],
    [`cc-${T}-${S}-01`, true],
    [`cc-${T}-${S}-01-what-comes-later`, true],
    [`cc-${T}-${S}-01.x`, false],
    [`00-${T}-${S}-01-x`, false],
    [`ff-${T}-${S}-01`, false],
    [`00-${T.toUpperCase()}-${S}-01`, false],
    [`00-${'0'.repeat(32)}-${S}-01`, false],
    [`00-${T}-${'0'.repeat(16)}-01`, false],
    [`00-${T}-${S}-0`, false],
    [`00-${T}-${S}`, false],
    [`${good}\n`, false],
    [` ${good}`, true],
    [`\t${good} `, true],
    [`\u00a0${good}`, false],
    [`0-${T}-${S}-01`, false],
    ['', false],
    [5, false],
    [null, false],
    [{}, false],
    [`cc-${T}-${S}-01-${'x'.repeat(10_000)}`, false],
  ];
  for (const [value, valid] of rows) {
    test(`${String(value).slice(0, 80)} is ${valid ? 'one' : 'none'}`, () =>
      assert.equal(parseTraceparent(value) !== undefined, valid));
  }
});

describe('tracestate', () => {
  const rows: [unknown, boolean][] = [
    ['congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', true],
    ['a=1 , b=2', true],
    ['tenant@sys=x', true],
    ['a=1,,b=2', true],
    ['', false],
    [',', false],
    ['a=', false],
    ['A=1', false],
    ['a=1,a=2', false],
    ['a=x=y', false],
    ['a=b\n', false],
    [5, false],
    [Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(','), false],
    [`a=${'x'.repeat(9000)}`, false],
  ];
  for (const [value, kept] of rows) {
    test(`${JSON.stringify(value)?.slice(0, 60)} is ${kept ? 'kept' : 'dropped, the trace goes on'}`, () => {
      const context = parseTraceparent(good, value);
      assert.equal(context?.traceId, T);
      assert.equal(context?.tracestate, kept ? value : undefined);
    });
  }
});

describe('the carrier of a message', () => {
  test('is read, and written as W3C headers', () => {
    const context = readTraceContext({ _trace_context: { traceparent: good, tracestate: 'a=1', baggage: 'x' } });
    assert.deepEqual(context, { traceId: T, spanId: S, flags: 1, tracestate: 'a=1' });
    assert.deepEqual(context && traceCarrier(context), { traceparent: good, tracestate: 'a=1' });
  });
  test('that is no use is no trace, and no error', () => {
    for (const carrier of [
      undefined,
      null,
      {},
      [],
      'x',
      5,
      { traceparent: 5 },
      { Traceparent: good },
      { traceparent: null, tracestate: {} },
    ]) {
      assert.equal(readTraceContext({ _trace_context: carrier }), undefined);
    }
  });
  test('a later version is written as the one we know', () => {
    const context = parseTraceparent(`cc-${T}-${S}-03-more`);
    assert.equal(context && traceparent(context), `00-${T}-${S}-03`);
  });
  test('the environment', () => {
    assert.equal(traceFromEnvironment({ TRACEPARENT: good, TRACESTATE: 'a=1' })?.tracestate, 'a=1');
    assert.equal(traceFromEnvironment({ TRACEPARENT: '' }), undefined);
    assert.equal(traceFromEnvironment({}), undefined);
  });
});

describe('new ids', () => {
  const counting = (start: number) => (count: number) =>
    Uint8Array.from({ length: count }, (_, index) => start + index);
  test('a new trace from a given source', () => {
    assert.equal(traceparent(newTrace(counting(1))), '00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01');
    assert.equal(newTrace(counting(1), false).flags, 0);
  });
  test('a child keeps the trace and changes the span', () => {
    const parent = parseTraceparent(good, 'a=1');
    assert.ok(parent);
    assert.deepEqual(childSpan(parent, counting(16)), { ...parent, spanId: '1011121314151617' });
  });
  test('a source of zeros still gives a valid trace', () => {
    const zeros = newTrace((count) => new Uint8Array(count));
    assert.ok(parseTraceparent(traceparent(zeros)));
  });
  test('uuid4 from a given source, and from the system', () => {
    assert.equal(uuid4(counting(0)), '00010203-0405-4607-8809-0a0b0c0d0e0f');
    assert.equal(
      uuid4((count) => new Uint8Array(count).fill(255)),
      'ffffffff-ffff-4fff-bfff-ffffffffffff',
    );
    for (const id of [uuid4(systemRandom), systemUuid()])
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(systemUuid(), systemUuid());
  });
});
