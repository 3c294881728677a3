import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, readServers, redactUrl, shownAddress } from '../../../src/cli/settings/server-url.ts';

test('server lists: what the transport gets and what people see', () => {
  const cases: [text: string, whole: string[], shown?: string[]][] = [
    ['nats://localhost:4222', ['nats://localhost:4222']],
    ['localhost', ['nats://localhost:4222']],
    ['localhost:4333', ['nats://localhost:4333']],
    ['TLS://Example.org', ['tls://Example.org:4222']],
    ['nats://a/', ['nats://a:4222']],
    ['[::1]', ['nats://[::1]:4222']],
    ['nats://[fe80::1]:4333', ['nats://[fe80::1]:4333']],
    ['10.0.0.1', ['nats://10.0.0.1:4222']],
    ['a:1, b:2 ,nats://c:3', ['nats://a:1', 'nats://b:2', 'nats://c:3']],
    ['a,,b,', ['nats://a:4222', 'nats://b:4222']],
    ['a,nats://a:4222,a', ['nats://a:4222']],
    ['nats://u:p@h:1', ['nats://u:p@h:1'], ['nats://u:xxxxx@h:1']],
    ['u:p@h', ['nats://u:p@h:4222'], ['nats://u:xxxxx@h:4222']],
    ['nats://token@h', ['nats://token@h:4222'], ['nats://xxxxx@h:4222']],
    ['nats://u:p@ss@h', ['nats://u:p@ss@h:4222'], ['nats://u:xxxxx@h:4222']],
    ['nats://u:a:b@h', ['nats://u:a:b@h:4222'], ['nats://u:xxxxx@h:4222']],
    ['nats://u:@h', ['nats://u:@h:4222'], ['nats://u:xxxxx@h:4222']],
    ['nats://u:%2C@h', ['nats://u:%2C@h:4222'], ['nats://u:xxxxx@h:4222']],
    ['nats://@h', ['nats://h:4222']],
    ['nats://h:1/path/x', ['nats://h:1']],
    ['tls://u:p@h:4222/path', ['tls://u:p@h:4222'], ['tls://u:xxxxx@h:4222']],
    ['a:1,nats://u:p@b:2', ['nats://a:1', 'nats://u:p@b:2'], ['nats://a:1', 'nats://u:xxxxx@b:2']],
  ];
  for (const [text, whole, shown = whole] of cases) {
    const reading = readServers(text);
    assert.ok('servers' in reading, `${text}: ${'problem' in reading ? reading.problem : ''}`);
    assert.deepEqual(
      reading.servers.map((server) => addressText(server)),
      whole,
      text,
    );
    assert.deepEqual(reading.servers.map(shownAddress), shown, text);
    assert.doesNotMatch(reading.servers.map((server) => addressText(server, false)).join(), /@/);
  }
});

test('what is no server list says why, and never what a secret was', () => {
  const cases: [text: string, problem: RegExp, redacted: string][] = [
    ['', /names no server/, ''],
    [' , ', /names no server/, ' , '],
    ['http://h', /scheme must be nats:\/\/ or tls:\/\/, not http/, 'http://h'],
    ['wss://h', /WebSocket/, 'wss://h'],
    ['nats://', /host is missing/, 'nats://'],
    ['nats://:4222', /host is missing/, 'nats://:4222'],
    ['h:0', /port must be a number from 1 to 65535/, 'h:0'],
    ['h:65536', /port must be/, 'h:65536'],
    ['h:port', /port must be/, 'h:xxxxx'],
    ['h:', /port must be/, 'h:xxxxx'],
    ['::1', /brackets/, ':xxxxx'],
    ['[fe80::1%eth0]:4222', /zones/, '[fe80:xxxxx'],
    ['nats://h/path', /nothing may follow the port/, 'nats://h/path'],
    ['h/path', /nothing may follow the port/, 'h/path'],
    ['nats://h:1/path?x', /nothing may follow the port/, 'nats://h:xxxxx'],
    ['h?x', /nothing may follow the port/, 'h?x'],
    ['a b', /host:port/, 'a b'],
    ['nats://u:SECRET', /port must be/, 'nats://u:xxxxx'],
    ['nats://u:SEC/RET@h', /must be escaped.*%2F/, 'xxxxx@h'],
    ['nats://u:SEC#RET@h', /must be escaped.*%23/, 'xxxxx@h'],
    ['nats://u:SEC,RET@h', /needs its scheme.*%2C/, 'xxxxx@h'],
    ['nats://u:1234,SECRET@h', /needs its scheme/, 'xxxxx@h'],
    ['nats://u:SECRET@h:x', /port must be/, 'xxxxx@h:xxxxx'],
    ['nats://u:SEC@h:1,u:SECRET', /port must be/, 'xxxxx@h:1,u:xxxxx'],
    ['nats://u:SEC@[::1]:1,nats://u:SECRET', /port must be/, 'xxxxx@[::1]:1,nats://u:xxxxx'],
    ['[::1]:1,u:SECRET', /port must be/, '[::1]:1,u:xxxxx'],
    ['nats://u:SECRET@', /host is missing/, 'xxxxx@'],
    ['a\x1b[2J', /host:port|port/, 'a\\x1b[2J'],
  ];
  for (const [text, problem, redacted] of cases) {
    const reading = readServers(text);
    assert.ok('problem' in reading, text);
    assert.match(reading.problem, problem, text);
    assert.equal(redactUrl(text), redacted, text);
    assert.doesNotMatch(reading.problem + redactUrl(text), /SEC|RET|1234/);
  }
});

test('a huge list is one error, not a huge message', () => {
  assert.ok(redactUrl('x'.repeat(1_000_000)).length < 300);
  assert.ok('problem' in readServers('/'.repeat(1_000_000)));
});
