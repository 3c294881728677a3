import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeddleError } from '../../../src/errors.ts';
import { parseAddress } from '../../../src/transport/nats/address.ts';

const plain = { tls: false, user: undefined, password: undefined, token: undefined };

test('addresses that are understood', () => {
  const cases: readonly [string, object][] = [
    ['bus', { host: 'bus', port: 4222, label: 'nats://bus:4222' }],
    ['bus:4333', { host: 'bus', port: 4333, label: 'nats://bus:4333' }],
    ['  bus.example.org  ', { host: 'bus.example.org', port: 4222, label: 'nats://bus.example.org:4222' }],
    ['nats://bus', { host: 'bus', port: 4222, label: 'nats://bus:4222' }],
    ['NATS://Bus:1/', { host: 'Bus', port: 1, label: 'nats://Bus:1' }],
    ['tls://bus:443', { host: 'bus', port: 443, tls: true, label: 'tls://bus:443' }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80, label: 'nats://127.0.0.1:80' }],
    ['my_host-1', { host: 'my_host-1', port: 4222, label: 'nats://my_host-1:4222' }],
    ['::1', { host: '::1', port: 4222, label: 'nats://[::1]:4222' }],
    ['nats://[::1]:4333', { host: '::1', port: 4333, label: 'nats://[::1]:4333' }],
    ['[fe80::1]', { host: 'fe80::1', port: 4222, label: 'nats://[fe80::1]:4222' }],
    ['bücher.example', { host: 'xn--bcher-kva.example', port: 4222, label: 'nats://xn--bcher-kva.example:4222' }],
    ['nats://ada:pw@bus', { user: 'ada', password: 'pw', host: 'bus', port: 4222, label: 'nats://bus:4222' }],
    ['ada:p%40:%2F@bus:1', { user: 'ada', password: 'p@:/', host: 'bus', port: 1, label: 'nats://bus:1' }],
    ['ada:p@ss/w?rd@bus', { user: 'ada', password: 'p@ss/w?rd', host: 'bus', port: 4222, label: 'nats://bus:4222' }],
    ['ada:@bus', { user: 'ada', password: '', host: 'bus', port: 4222, label: 'nats://bus:4222' }],
    ['t0ken@bus', { token: 't0ken', host: 'bus', port: 4222, label: 'nats://bus:4222' }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseAddress(text), { ...plain, ...expected }, text);
});

test('addresses that are refused, with the reason and without the secret', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /is empty/],
    ['   ', /is empty/],
    ['ws://bus', /WebSocket/],
    ['wss://ada:s3cret@bus', /WebSocket/],
    ['http://ada:s3cret@bus', /unknown scheme "http:\/\/"/],
    ['bus:0', /no valid port/],
    ['bus:65536', /no valid port/],
    ['bus:', /no valid port/],
    ['bus:4222x', /no valid port/],
    ['bus:-1', /no valid port/],
    ['nats://:4222', /names no host/],
    ['nats://', /names no host/],
    ['ada:s3cret@', /names no host/],
    ['bus/path', /something after the port/],
    ['bus?x=1', /something after the port/],
    ['a:1,b:2', /several servers in one/],
    ['a b', /a space or a control character/],
    ['a\r\nPING', /a space or a control character/],
    ['-bus', /no valid host name/],
    ['b*us', /no valid host name/],
    ['[::1', /no IPv6 address/],
    ['1:2:3', /no IPv6 address/],
    ['[fe80::1%eth0]', /zone/],
    ['ada:s3cret%zz@bus', /encodes nothing/],
    [`bus${'s'.repeat(3000)}`, /longer than 2048/],
  ];
  for (const [text, says] of cases) {
    assert.throws(
      () => parseAddress(text),
      (error) => {
        assert.ok(error instanceof HeddleError, text);
        assert.equal(error.code, 'settings_invalid', text);
        assert.match(error.message, says, text);
        assert.ok(!`${error.message} ${error.hint} ${error.stack}`.includes('s3cret'), text);
        return true;
      },
    );
  }
});
