import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { adviceText } from '../../src/cli/remedies.ts';
import { CALLED } from '../../src/cli/settings/connect-options.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { Confirmations } from '../../src/transport/confirmations.ts';
import { parseAddress } from '../../src/transport/nats/address.ts';
import type { Attempt } from '../../src/transport/nats/attempt.ts';
import { newBackoff } from '../../src/transport/nats/backoff.ts';
import { connectFailure } from '../../src/transport/nats/failure.ts';
import { race } from '../../src/transport/nats/race.ts';
import { permissionDenied } from '../../src/transport/permissions.ts';

const anonymous = {
  kind: 'none' as const,
  described: undefined,
  secrets: [],
  expiresAt: undefined,
  answer: () => undefined,
};

function attempt(parts: Partial<Attempt>): Attempt {
  return {
    address: parseAddress('bus'),
    stage: 'connecting',
    error: undefined,
    timedOut: false,
    timeoutMs: 5000,
    info: undefined,
    peer: undefined,
    complaints: [],
    credentials: anonymous,
    secrets: [],
    tls: { asked: false, first: false, ca: false, cert: false, called: CALLED },
    certExpiresAt: undefined,
    now: 0,
    ...parts,
  };
}

const system = (code: string) => Object.assign(new Error(code), { code });
const tls = { asked: true, first: false, ca: true, cert: false, called: CALLED };
const withCert = { ...tls, cert: true };

test('causes that a test machine cannot produce', () => {
  const cases: readonly [string, Partial<Attempt>, ErrorCode, RegExp][] = [
    [
      'no route',
      { error: system('EHOSTUNREACH') },
      'connection_unreachable',
      /no way to nats:\/\/bus:4222: EHOSTUNREACH/,
    ],
    ['no network', { error: system('ENETUNREACH') }, 'connection_unreachable', /ENETUNREACH/],
    ['given up by the system', { error: system('ETIMEDOUT') }, 'connection_unreachable', /ETIMEDOUT/],
    ['a firewall of this machine', { error: system('EACCES') }, 'connection_unreachable', /EACCES/],
    ['no sockets left', { error: system('EMFILE') }, 'connection_failed', /EMFILE/],
    [
      'two addresses, one refuses',
      { error: new AggregateError([system('ENETUNREACH'), system('ECONNREFUSED')]) },
      'connection_refused',
      /nothing listens/,
    ],
    ['name servers away', { stage: 'resolving', error: system('EAI_AGAIN') }, 'connection_dns', /do not answer/],
    ['name servers slow', { stage: 'resolving', timedOut: true }, 'connection_dns', /did not answer within 5 s/],
    ['TLS handshake hangs', { stage: 'securing', timedOut: true }, 'connection_timeout', /TLS handshake within 5 s/],
    [
      'an old TLS',
      { stage: 'securing', error: system('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), tls },
      'connection_failed',
      /TLS handshake failed \(ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION\)/,
    ],
    [
      'another TLS library refuses our certificate',
      { stage: 'joining', error: system('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), tls: withCert },
      'tls_certificate',
      /refused our client certificate \(unknown ca\)/,
    ],
    [
      'it misses our certificate',
      { stage: 'joining', error: system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), tls },
      'tls_certificate',
      /requires a client certificate, and we have none/,
    ],
    [
      'it misses our certificate, and we see only the reset',
      { stage: 'joining', error: system('ECONNRESET'), info: { tls_verify: true }, tls },
      'tls_certificate',
      /requires a client certificate/,
    ],
    [
      'the account ended',
      { stage: 'joining', complaints: ['Account Authentication Expired'] },
      'auth_expired',
      /the account that our credentials belong to has expired/,
    ],
    [
      'authentication took too long',
      { stage: 'joining', complaints: ['Authentication Timeout'] },
      'connection_timeout',
      /waited too long/,
    ],
    [
      'TLS wanted in words',
      { stage: 'joining', complaints: ['Secure Connection - TLS Required'] },
      'tls_required',
      /requires TLS/,
    ],
    [
      'a complaint in control characters',
      { stage: 'joining', complaints: [`\u001b[2J${'x'.repeat(1000)}`] },
      'connection_failed',
      /refused the connection: "\?\[2Jx{196}"$/,
    ],
  ];
  for (const [name, parts, code, says] of cases) {
    const error = connectFailure(attempt(parts));
    assert.equal(error.code, code, name);
    assert.match(error.message, says, name);
    assert.ok((adviceText(error) ?? '').length > 20, name);
  }
});

test('a cause with a secret in it is not passed on', () => {
  const secrets = ['hunter22'];
  const clean = connectFailure(attempt({ error: system('ECONNREFUSED'), secrets }));
  assert.equal((clean.cause as { code?: unknown }).code, 'ECONNREFUSED');
  assert.equal(connectFailure(attempt({ error: new Error('login hunter22 failed'), secrets })).cause, undefined);
});

test('backoff: from one second to thirty, doubling, one round for each turn of the servers', () => {
  const most = newBackoff(() => 1);
  const least = newBackoff(() => 0);
  const series = (backoff: typeof most, servers: number) =>
    Array.from({ length: 7 }, () => {
      const { delayMs } = backoff;
      backoff.attempted(servers);
      return delayMs / 1000;
    });
  assert.deepEqual(series(most, 1), [1, 2, 4, 8, 16, 30, 30]);
  assert.deepEqual(series(least, 1), [1, 1, 2, 4, 8, 15, 15]);
  most.succeeded();
  assert.deepEqual(series(most, 3), [1, 2, 2, 2, 4, 4, 4]);
  for (let attempts = 0; attempts < 5000; attempts += 1) most.attempted(1);
  assert.equal(most.delayMs, 30_000);
});

test('a race: in order, the slow one keeps its chance, the losers are stopped, all errors in order', async () => {
  const begun: string[] = [];
  const stopped: string[] = [];
  const settle = new Map<string, { win: (result: string) => void; lose: (error: Error) => void }>();
  const attemptOf = (name: string, signal: AbortSignal) => {
    begun.push(name);
    signal.addEventListener('abort', () => stopped.push(name));
    return new Promise<string>((win, lose) => settle.set(name, { win, lose }));
  };
  const clock = createFakeClock();
  const won = race(['a', 'b', 'c'], 5, clock, attemptOf);
  assert.deepEqual(begun, ['a']);
  await clock.advance(4);
  assert.deepEqual(begun, ['a']);
  await clock.advance(1);
  assert.deepEqual(begun, ['a', 'b']);
  await clock.advance(5);
  settle.get('b')?.lose(new Error('b'));
  settle.get('a')?.win('a wins');
  assert.equal(await won, 'a wins');
  assert.deepEqual([begun, stopped], [['a', 'b', 'c'], ['c']]);

  begun.length = 0;
  const lost = race(['a', 'b'], 60_000, clock, attemptOf);
  settle.get('a')?.lose(new Error('a'));
  while (begun.length < 2) await turn();
  settle.get('b')?.lose(new Error('b'));
  await assert.rejects(lost, (errors: Error[]) => errors.map(({ message }) => message).join() === 'a,b');
  assert.equal(clock.waiting, 0);
});

test('confirmations: what is uncertain is told once, a refusal to each flush that was waiting', () => {
  const confirmations = new Confirmations();
  confirmations.begin(5)();
  confirmations.dropped(8);
  assert.equal(confirmations.takeUncertain(), 3);
  assert.equal(confirmations.takeUncertain(), 0);
  confirmations.dropped(8);
  assert.equal(confirmations.takeUncertain(), 0);

  const one = confirmations.begin(9);
  const two = confirmations.begin(9);
  confirmations.refused(permissionDenied('publish', 'a', 'bus'));
  assert.equal(one()?.code, 'permission_denied');
  const three = confirmations.begin(9);
  assert.equal(two()?.code, 'permission_denied');
  assert.equal(three(), undefined);
});
