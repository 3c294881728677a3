import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCbor } from '../../../src/gateway/mqtt/cbor.ts';
import { readMqttBody } from '../../../src/gateway/mqtt/read-body.ts';
import { Problem } from '../../../src/http/problem.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { until } from '../../http/raw.ts';
import { deviceAt, skipWithoutMosquitto } from './broker.ts';
import { brokerWithGateway } from './taken.ts';

noLeaks();

const readCbor = await loadCbor();
const read = (hex: string): string => readMqttBody(Buffer.from(hex, 'hex'), 'cbor', readCbor).text;

test('CBOR becomes the JSON that says the same, with every digit', () => {
  for (const [hex, text] of [
    ['a26174156175624d42', '{"t":21,"u":"MB"}'],
    ['1bffffffffffffffff', '18446744073709551615'],
    ['3bffffffffffffffff', '-18446744073709551616'],
    ['c249010000000000000000', '18446744073709551616'],
    ['c349010000000000000000', '-18446744073709551617'],
    ['f94d40', '21'],
    ['fb4035800000000000', '21.5'],
    ['f7', 'null'],
    ['4300ff10', '"AP8Q"'],
    ['a2016131206132', '{"1":"1","-1":"2"}'],
    ['9f0102ff', '[1,2]'],
    ['c06a323032362d31312d3238', '"2026-11-28"'],
    ['c11a66000000', '1711276032'],
    ['a1695f5f70726f746f5f5f01', '{"__proto__":1}'],
    ['63efbfbd', '"\ufffd"'],
  ] as const) {
    assert.equal(read(hex), text, hex);
  }
});

test('what is no CBOR, and what JSON has no words for, is refused with the reason', () => {
  for (const [hex, reason] of [
    ['', /cannot be read as CBOR/],
    ['8201', /not enough entries/],
    ['0101', /too many terminals/],
    ['f97e00', /NaN or an infinity/],
    ['f97c00', /NaN or an infinity/],
    ['a2616101616102', /repeat map key/],
    ['a201613161316132', /names "1" twice/],
    ['a1f46131', /neither text nor a whole number/],
    ['d8641a00000000', /tag not supported/],
    [`c258ff${'ff'.repeat(255)}`, /a whole number of 255 bytes/],
    ['61ff', /no UTF-8/],
    [`${'81'.repeat(100_000)}01`, /nested too deeply/],
    [`${'81'.repeat(200)}01`, /nested deeper than/],
  ] as const) {
    assert.throws(
      () => read(hex),
      (thrown) => thrown instanceof Problem && reason.test(thrown.message),
      `${hex.slice(0, 40)}: ${reason}`,
    );
  }
});

test('a device that speaks CBOR is taken, and one that slips gets the reason', {
  skip: skipWithoutMosquitto,
}, async (t) => {
  const { broker, seen } = await brokerWithGateway(t, { body: 'cbor', dead: 'dead' });
  const device = await deviceAt(t, broker.url, ['dead']);
  await device.publish('dev/cbor/1', Buffer.from('a2617415627562fb4035800000000000', 'hex'));
  await device.publish('dev/cbor/2', Buffer.from('a16174', 'hex'));
  await until('both', () => seen('cbor').length === 1 && device.heard.length === 1);
  assert.deepEqual(seen('cbor'), [{ t: 21, ub: 21.5 }]);
  const { code, reason } = JSON.parse(device.heard[0]?.text ?? '') as { code: string; reason: string };
  assert.equal(code, 'unmapped_delivery');
  assert.match(reason, /cannot be read as CBOR/);
});
