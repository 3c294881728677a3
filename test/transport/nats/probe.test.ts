import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeServer } from '../../../src/transport/nats/probe.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { freePort } from '../../helpers/ports.ts';
import { newAuthority } from '../../helpers/tls.ts';
import { blackHole, info, peer } from '../nats-peers.ts';

noLeaks();

const real = { skip: skipWithoutNatsServer() };
const timeoutMs = 20_000;

test('a plain server: address, path, greeting, and no word of credentials', real, async (t) => {
  const server = await natsServerFor(t, { config: 'authorization { user: ada, password: secret }' });
  const probe = await probeServer(`nats://ada:wrong@localhost:${server.port}`, { timeoutMs });
  assert.equal(probe.problem, undefined);
  assert.equal(probe.server, `nats://localhost:${server.port}`);
  assert.ok(probe.resolved?.addresses.includes('127.0.0.1'));
  const reached = probe.reached?.find(({ address }) => address === '127.0.0.1');
  assert.ok(reached?.ok === true && reached.ms >= 0);
  assert.equal(probe.greeted?.info.version, '2.9.10'.length > 0 ? probe.greeted?.raw.version : '');
  assert.equal(probe.greeted?.info.authRequired, true);
  assert.equal(probe.tls, undefined);
  assert.ok(!JSON.stringify(probe).includes('wrong'));
});

test('a TLS server: what it asks for, its certificate, and whether it is trusted', real, async (t) => {
  const ca = newAuthority('the CA');
  const { cert, key } = ca.issue({ name: 'server', hosts: ['localhost', '127.0.0.1'], toDay: 20 });
  const server = await natsServerFor(t, {
    config: 'tls { cert_file: "FOLDER/c.pem", key_file: "FOLDER/k.pem", ca_file: "FOLDER/ca.pem", verify: true }',
    files: { 'c.pem': cert, 'k.pem': key, 'ca.pem': ca.cert },
  });
  const trusted = await probeServer(server.url, { timeoutMs, tls: { ca: ca.cert } });
  assert.equal(trusted.problem, undefined);
  assert.equal(trusted.tls?.required, true);
  assert.equal(trusted.tls.verifiesClients, true);
  assert.equal(trusted.greeted?.info.encrypted, true);
  const { handshake } = trusted.tls;
  assert.ok(handshake?.trusted === true && /^TLSv1\.[23]$/.test(handshake.protocol ?? ''));
  assert.equal(handshake.certificate.subject, 'server');
  assert.equal(handshake.certificate.issuer, 'the CA');
  assert.deepEqual(handshake.certificate.names, ['localhost', '127.0.0.1']);
  const days = (Date.parse(handshake.certificate.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 19 && days < 21, handshake.certificate.validTo);

  const strange = await probeServer(server.url, { timeoutMs });
  assert.equal(strange.problem?.code, 'tls_required');
  assert.equal(strange.tls?.handshake?.trusted, false);
  assert.equal(strange.tls.handshake.distrust, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  assert.equal(strange.tls.handshake.certificate.subject, 'server');
});

test('what is wrong is data, at the step where it went wrong', async (t) => {
  const cases: readonly [string, number, string, readonly string[]][] = [
    ['closed port', await freePort(), 'connection_refused', ['resolved', 'reached']],
    ['not NATS', await peer(t, (socket) => socket.write('HELLO\r\n')), 'connection_not_nats', ['resolved', 'reached']],
    ['hangs up', await peer(t, (socket) => socket.end()), 'connection_not_nats', ['resolved', 'reached']],
  ];
  for (const [name, port, code, steps] of cases) {
    const probe = await probeServer(`127.0.0.1:${port}`, { timeoutMs });
    assert.equal(probe.problem?.code, code, name);
    assert.deepEqual(Object.keys(probe), ['server', 'host', 'port', ...steps, 'problem'], name);
  }
  const unknown = await probeServer('no-such-host.invalid', { timeoutMs });
  assert.equal(unknown.problem?.code, 'connection_dns');
  assert.equal(unknown.resolved, undefined);
  const plain = await probeServer(`tls://127.0.0.1:${await peer(t, (socket) => socket.write(info()))}`, { timeoutMs });
  assert.equal(plain.problem?.code, 'tls_refused');
  assert.equal(plain.greeted?.info.serverId, 'X');
  await assert.rejects(probeServer('ws://x', { timeoutMs }), { code: 'settings_invalid' });
});

test('the deadline and an interruption end it', async (t) => {
  const silent = await peer(t, () => {});
  const late = await probeServer(`127.0.0.1:${silent}`, { timeoutMs: 100 });
  assert.equal(late.problem?.code, 'connection_not_nats');
  const giveUp = new AbortController();
  const probing = probeServer(`127.0.0.1:${silent}`, { timeoutMs: 60_000, signal: giveUp.signal });
  giveUp.abort();
  assert.ok((await probing).problem !== undefined);
  const hole = await blackHole(t);
  if (hole === undefined) return;
  const lost = await probeServer(`127.0.0.1:${hole}`, { timeoutMs: 300 });
  assert.equal(lost.problem?.code, 'connection_unreachable');
  assert.deepEqual(
    lost.reached?.map(({ ok, problem }) => [ok, problem]),
    [[false, 'timeout']],
  );
});
