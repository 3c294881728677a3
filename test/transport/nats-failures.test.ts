import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { adviceText } from '../../src/cli/remedies.ts';
import { CALLED } from '../../src/cli/settings/connect-options.ts';
import { type ErrorCode, HeddleError } from '../../src/errors.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type NatsServerOptions, natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { type Certificate, newAuthority } from '../helpers/tls.ts';
import { newOperator, nkeys } from './nats-operator.ts';
import { blackHole, info, listening, peer, scripted } from './nats-peers.ts';

noLeaks();

/** A failing connect says so long before this; what is asserted is that it does not wait for the deadline. */
const DEADLINE_MS = 20_000;
const SOON_MS = 3000;

const PASSWORD = 'correct-horse-battery';
const TOKEN = 'staple-0123456789';

interface Case {
  readonly name: string;
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly hints: RegExp;
  /** Texts that must appear nowhere in the error. */
  readonly secrets?: readonly string[];
  options(t: TestContext): Promise<Partial<ConnectOptions> & { servers: readonly string[] }>;
}

async function failureOf(options: ConnectOptions): Promise<{ error: HeddleError; ms: number }> {
  const from = performance.now();
  const bus = await connect({ timeoutMs: DEADLINE_MS, called: CALLED, ...options }).catch((error: unknown) => error);
  const ms = performance.now() - from;
  if (!(bus instanceof HeddleError)) {
    if (!(bus instanceof Error)) await (bus as { close(): Promise<void> }).close();
    assert.fail(`expected a HeddleError, got ${inspect(bus)}`);
  }
  return { error: bus, ms };
}

function check(cases: readonly Case[], skip: string | false): void {
  for (const { name, code, says, hints, secrets = [], options } of cases) {
    test(`${code}: ${name}`, { skip }, async (t) => {
      const { error, ms } = await failureOf(await options(t));
      assert.equal(error.code, code, inspect(error));
      assert.match(error.message, says);
      assert.match(adviceText(error) ?? '', hints);
      const everything = inspect(error, { depth: null, showHidden: true });
      for (const secret of secrets) assert.ok(!everything.includes(secret), `${secret} in ${everything}`);
      assert.ok(ms < SOON_MS, `took ${ms} ms`);
    });
  }
}

const at = (port: number) => ({ servers: [`nats://127.0.0.1:${port}`] });

describe('connects that fail', { concurrency: 4 }, () => {
  check(
    [
      {
        name: 'a closed port',
        code: 'connection_refused',
        says: /nothing listens at nats:\/\/127\.0\.0\.1:\d+/,
        hints: /--nats-url or NATS_URL/,
        secrets: [PASSWORD],
        options: async () => ({ servers: [`nats://ada:${PASSWORD}@127.0.0.1:${await freePort()}`] }),
      },
      {
        name: 'a name that does not exist',
        code: 'connection_dns',
        says: /cannot find the host of nats:\/\/no-such-host\.invalid:4222/,
        hints: /spelling of "no-such-host\.invalid"/,
        options: async () => ({ servers: ['no-such-host.invalid'] }),
      },
      {
        name: 'a web server',
        code: 'connection_not_nats',
        says: /is a web server/,
        hints: /4222/,
        options: async (t) =>
          at(
            (
              await listening(
                t,
                createHttpServer((_, response) => void response.end('hello')),
                () => {},
              )
            ).port,
          ),
      },
      {
        name: 'a server of something else that greets',
        code: 'connection_not_nats',
        says: /it said "SSH-2\.0-Something"/,
        hints: /port/,
        options: async (t) => at(await peer(t, (socket) => socket.write('SSH-2.0-Something\r\n'))),
      },
      {
        name: 'garbage without an end of line',
        code: 'connection_not_nats',
        says: /it said "\?+/,
        hints: /port/,
        options: async (t) => at(await peer(t, (socket) => socket.write(Buffer.alloc(4096, 0xfe)))),
      },
      {
        name: 'an INFO that never ends',
        code: 'connection_not_nats',
        says: /is not a NATS server/,
        hints: /port/,
        options: async (t) => at(await peer(t, (socket) => socket.write(`INFO {"a":"${'x'.repeat(300_000)}`))),
      },
      {
        name: 'an INFO that is no JSON',
        code: 'connection_not_nats',
        says: /is not a NATS server/,
        hints: /port/,
        options: async (t) => at(await peer(t, (socket) => socket.write('INFO {nonsense}\r\n'))),
      },
      {
        name: 'somebody who hangs up without a word',
        code: 'connection_not_nats',
        says: /closed it without a word/,
        hints: /port-forward/,
        options: async (t) => at(await peer(t, (socket) => socket.end())),
      },
      {
        name: 'a TLS server of something else',
        code: 'connection_not_nats',
        says: /speaks TLS, but is not a NATS server/,
        hints: /port/,
        options: async (t) => {
          const { cert, key } = newAuthority('CA').issue({ name: 'web', hosts: ['127.0.0.1'] });
          const server = createTlsServer({ cert, key }).on('secureConnection', () => {});
          return at((await listening(t, server, () => {})).port);
        },
      },
      {
        name: 'a server that begins with TLS, and we do not',
        code: 'tls_required',
        says: /speaks TLS from the first byte/,
        hints: /--tls-first/,
        options: async (t) => {
          const { cert, key } = newAuthority('CA').issue({ name: 'nats', hosts: ['127.0.0.1'] });
          const server = createTlsServer({ cert, key }).on('secureConnection', (socket) => {
            socket.on('error', () => {});
            socket.write(info());
          });
          return at((await listening(t, server, () => {})).port);
        },
      },
      {
        name: 'a server that is full',
        code: 'connection_failed',
        says: /refused the connection: "maximum connections exceeded"/,
        hints: /limits/,
        options: async (t) =>
          at(await scripted(t, (_, socket) => void socket.end("-ERR 'maximum connections exceeded'\r\n"))),
      },
      {
        name: 'a server that hangs up while we join',
        code: 'connection_failed',
        says: /closed the connection while we joined/,
        hints: /log of the server/,
        options: async (t) => at(await scripted(t, (_, socket) => void socket.destroy())),
      },
      {
        name: 'a server that speaks nonsense while we join',
        code: 'connection_failed',
        says: /closed the connection while we joined|not the NATS protocol/,
        hints: /log of the server/,
        options: async (t) => at(await scripted(t, (_, socket) => void socket.write('WHAT IS THIS\r\n'))),
      },
      {
        name: 'a server that repeats our secret',
        code: 'connection_failed',
        says: /xxxxx/,
        hints: /log/,
        secrets: [PASSWORD, TOKEN],
        options: async (t) => ({
          ...at(await scripted(t, (_, socket) => void socket.end(`-ERR 'no ${PASSWORD} here ${TOKEN}'\r\n`))),
          auth: { user: 'ada', password: PASSWORD, token: TOKEN },
        }),
      },
      {
        name: 'several servers, and the most telling is named first',
        code: 'connection_not_nats',
        says: /none of 3 servers can be used: nats:\/\/\S+ accepted .*; nothing listens .*; cannot find the host/,
        hints: /port-forward/,
        options: async (t) => ({
          servers: [
            'no-such-host.invalid',
            `127.0.0.1:${await freePort()}`,
            `127.0.0.1:${await peer(t, (socket) => socket.end())}`,
          ],
        }),
      },
    ],
    false,
  );

  const ca = newAuthority('the CA of the test');
  const stranger = newAuthority('another CA');
  const good = ca.issue({ name: 'server', hosts: ['localhost', '127.0.0.1'] });

  async function tlsServer(t: TestContext, { cert, key }: Certificate, settings = ''): Promise<string> {
    const server = await natsServerFor(t, {
      config: `tls { cert_file: "FOLDER/cert.pem", key_file: "FOLDER/key.pem"\n${settings} }`,
      files: { 'cert.pem': cert, 'key.pem': key, 'ca.pem': ca.cert },
    });
    return server.url;
  }

  async function server(t: TestContext, options: NatsServerOptions): Promise<{ servers: string[] }> {
    return { servers: [(await natsServerFor(t, options)).url] };
  }

  const VERIFY = 'ca_file: "FOLDER/ca.pem", verify: true';
  const USERS = `authorization { users: [ { user: ada, password: "${PASSWORD}" } ] }`;
  const user = nkeys.createUser();
  const seed = Buffer.from(nkeys.createUser().getSeed()).toString('ascii');
  const operator = newOperator();
  const expired = operator.user({ expiresIn: -60 });
  const foreign = newOperator().user();

  check(
    [
      {
        name: 'the server requires TLS, and we have no settings for it',
        code: 'tls_required',
        says: /requires TLS, and this machine does not trust/,
        hints: /--tls-ca/,
        options: async (t) => ({ servers: [await tlsServer(t, good)] }),
      },
      {
        name: 'a CA that is not ours',
        code: 'tls_certificate',
        says: /signed by a CA that is not the one in --tls-ca/,
        hints: /certificate of its CA/,
        options: async (t) => ({ servers: [await tlsServer(t, good)], tls: { ca: stranger.cert } }),
      },
      {
        name: 'a CA of its own, and tls:// without --tls-ca',
        code: 'tls_certificate',
        says: /signed by a CA that this machine does not trust/,
        hints: /--tls-ca/,
        options: async (t) => ({ servers: [(await tlsServer(t, good)).replace('nats:', 'tls:')] }),
      },
      {
        name: 'a certificate for another name',
        code: 'tls_certificate',
        says: /is for other names than "127\.0\.0\.1" \(DNS:localhost, DNS:elsewhere\.test\)/,
        hints: /name that the certificate holds/,
        options: async (t) => ({
          servers: [await tlsServer(t, ca.issue({ name: 'x', hosts: ['localhost', 'elsewhere.test'] }))],
          tls: { ca: ca.cert },
        }),
      },
      {
        name: 'a certificate that has expired',
        code: 'tls_expired',
        says: /the certificate of \S+ has expired/,
        hints: /[Rr]enew/,
        options: async (t) => ({
          servers: [await tlsServer(t, ca.issue({ name: 'x', hosts: ['127.0.0.1'], fromDay: -9, toDay: -1 }))],
          tls: { ca: ca.cert },
        }),
      },
      {
        name: 'a certificate of tomorrow',
        code: 'tls_certificate',
        says: /not valid yet/,
        hints: /clock/,
        options: async (t) => ({
          servers: [await tlsServer(t, ca.issue({ name: 'x', hosts: ['127.0.0.1'], fromDay: 1, toDay: 2 }))],
          tls: { ca: ca.cert },
        }),
      },
      {
        name: 'the server wants our certificate, and we have none',
        code: 'tls_certificate',
        says: /requires a client certificate, and we have none/,
        hints: /--tls-cert and --tls-key/,
        options: async (t) => ({ servers: [await tlsServer(t, good, VERIFY)], tls: { ca: ca.cert } }),
      },
      {
        name: 'the server does not trust our certificate',
        code: 'tls_certificate',
        says: /refused our client certificate/,
        hints: /CA that the server trusts/,
        options: async (t) => {
          const { cert, key } = stranger.issue({ name: 'client' });
          return { servers: [await tlsServer(t, good, VERIFY)], tls: { ca: ca.cert, cert, key } };
        },
      },
      {
        name: 'our certificate has expired',
        code: 'tls_expired',
        says: /refused our client certificate: it expired on \d{4}-/,
        hints: /--tls-cert/,
        options: async (t) => {
          const { cert, key } = ca.issue({ name: 'client', fromDay: -9, toDay: -1 });
          return { servers: [await tlsServer(t, good, VERIFY)], tls: { ca: ca.cert, cert, key } };
        },
      },
      {
        name: 'we ask for TLS with a CA, and the server has none',
        code: 'tls_refused',
        says: /we ask for TLS, and nats:\/\/\S+ does not offer it/,
        hints: /TLS on in the server/,
        options: async (t) => ({ ...(await server(t, {})), tls: { ca: ca.cert } }),
      },
      {
        name: 'we ask for TLS with tls://, and the server has none',
        code: 'tls_refused',
        says: /we ask for TLS/,
        hints: /nats:\/\//,
        options: async (t) => ({ servers: (await server(t, {})).servers.map((url) => url.replace('nats:', 'tls:')) }),
      },
      {
        name: 'we begin with TLS, and the server does not',
        code: 'tls_refused',
        says: /does not begin with TLS/,
        hints: /Leave --tls-first out/,
        options: async (t) => ({ servers: [await tlsServer(t, good)], tls: { ca: ca.cert, first: true } }),
      },
      {
        name: 'user and password are wanted',
        code: 'auth_missing',
        says: /requires authentication, and we gave none/,
        hints: /--user with --password-file/,
        options: (t) => server(t, { config: USERS }),
      },
      {
        name: 'a wrong password',
        code: 'auth_wrong',
        says: /refused user "ada"/,
        hints: /password/,
        secrets: [`${PASSWORD}-not`],
        options: async (t) => ({
          ...(await server(t, { config: USERS })),
          auth: { user: 'ada', password: `${PASSWORD}-not` },
        }),
      },
      {
        name: 'a wrong password in the URL',
        code: 'auth_wrong',
        says: /refused user "ada"/,
        hints: /password/,
        secrets: ['p%40ss', 'p@ss'],
        options: async (t) => ({
          servers: (await server(t, { config: USERS })).servers.map((url) => url.replace('//', '//ada:p%40ss@')),
        }),
      },
      {
        name: 'a wrong token',
        code: 'auth_wrong',
        says: /refused a token/,
        hints: /heddle-ts preflight/,
        secrets: ['nottoken'],
        options: async (t) => ({
          ...(await server(t, { config: `authorization { token: "${TOKEN}" }` })),
          auth: { token: 'nottoken' },
        }),
      },
      {
        name: 'an nkey is wanted',
        code: 'auth_missing',
        says: /requires authentication/,
        hints: /--creds .* or --nkey/,
        options: (t) => server(t, { config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }` }),
      },
      {
        name: 'an nkey that the server does not know',
        code: 'auth_wrong',
        says: /refused nkey U[A-Z2-7]{55}/,
        hints: /does not know this key/,
        secrets: [seed],
        options: async (t) => ({
          ...(await server(t, { config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }` })),
          auth: { nkeySeed: seed },
        }),
      },
      {
        name: 'credentials that have expired',
        code: 'auth_expired',
        says: /our credentials have expired on \d{4}-/,
        hints: /new credentials/,
        secrets: [expired.jwt, expired.seed],
        options: async (t) => ({ ...(await server(t, { config: operator.config })), auth: { creds: expired.creds } }),
      },
      {
        name: 'credentials of another operator',
        code: 'auth_wrong',
        says: /refused credentials from a \.creds file/,
        hints: /belongs to another server/,
        secrets: [foreign.jwt, foreign.seed],
        options: async (t) => ({ ...(await server(t, { config: operator.config })), auth: { creds: foreign.creds } }),
      },
    ],
    skipWithoutNatsServer(),
  );

  test('connection_unreachable: a path that swallows packets, at the deadline', async (t) => {
    const port = await blackHole(t);
    if (port === undefined) return t.skip('this system answers a connection to a full queue');
    const { error, ms } = await failureOf({ ...at(port), timeoutMs: 700 });
    assert.equal(error.code, 'connection_unreachable');
    assert.match(error.message, /no answer within 700 ms/);
    assert.match(adviceText(error) ?? '', new RegExp(`nc -vz 127\\.0\\.0\\.1 ${port}`));
    assert.ok(ms > 600 && ms < SOON_MS, `took ${ms} ms`);
  });

  test('a server that swallows packets does not hold up the one after it', {
    skip: skipWithoutNatsServer(),
  }, async (t) => {
    const port = await blackHole(t);
    if (port === undefined) return t.skip('this system answers a connection to a full queue');
    const { url } = await natsServerFor(t);
    const bus = await connect({ servers: [`127.0.0.1:${port}`, url], timeoutMs: DEADLINE_MS });
    assert.equal(bus.url, url);
    await bus.close();
  });

  test('connection_not_nats: a peer that stays silent, at the deadline', async (t) => {
    const port = await peer(t, () => {});
    const { error, ms } = await failureOf({ ...at(port), timeoutMs: 900 });
    assert.equal(error.code, 'connection_not_nats');
    assert.match(error.message, /said nothing for 900 ms/);
    assert.ok(ms < SOON_MS, `took ${ms} ms`);
  });

  test('connection_timeout: a server that greets and then hangs, at the deadline', async (t) => {
    const { error, ms } = await failureOf({ ...at(await scripted(t, () => {})), timeoutMs: 300 });
    assert.equal(error.code, 'connection_timeout');
    assert.match(error.message, /greeted us and then did not answer within 300 ms/);
    assert.match(adviceText(error) ?? '', /--timeout/);
    assert.ok(ms < SOON_MS, `took ${ms} ms`);
  });

  test('interrupted: a connect that is given up leaves nothing behind', async (t) => {
    const { port, sockets } = await listening(t, (await import('node:net')).createServer(), () => {});
    const giveUp = new AbortController();
    const trying = failureOf({ ...at(port), signal: giveUp.signal });
    while (sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
    giveUp.abort();
    const { error } = await trying;
    assert.equal(error.code, 'interrupted');
    assert.equal((await failureOf({ ...at(port), signal: giveUp.signal })).error.code, 'interrupted');
  });

  test('settings that cannot work are refused before the first packet', async () => {
    const { cert, key } = ca.issue({ name: 'client' });
    const other = ca.issue({ name: 'client' });
    const cases: readonly [string, ConnectOptions, RegExp, readonly string[]][] = [
      ['no server', { servers: [] }, /no server address/, []],
      ['websocket', { servers: ['wss://host'] }, /WebSocket/, []],
      [
        'a CA that is none',
        { servers: ['x'], tls: { ca: 'nonsense' } },
        /the CA certificate cannot be used/,
        ['nonsense'],
      ],
      ['a certificate without key', { servers: ['x'], tls: { cert } }, /certificate without its key/, []],
      ['a key without certificate', { servers: ['x'], tls: { key } }, /key without its certificate/, [key]],
      [
        'a key of another certificate',
        { servers: ['x'], tls: { cert, key: other.key } },
        /client certificate cannot be/,
        [],
      ],
      ['a broken key', { servers: ['x'], tls: { cert, key: 'k3y' } }, /the client key cannot be used/, ['k3y']],
      ['a seed that is none', { servers: ['x'], auth: { nkeySeed: 'SUNOSEED' } }, /no valid nkey seed/, ['SUNOSEED']],
      [
        'creds without a seed',
        { servers: ['x'], auth: { creds: `${foreign.jwt}` } },
        /no NATS USER JWT block/,
        [foreign.jwt],
      ],
      ['a JWT that is none', { servers: ['x'], auth: { jwt: 'a.b.c' } }, /JWT cannot be read/, ['a.b.c']],
      ['an inbox prefix that is none', { servers: ['x'], inboxPrefix: 'a b' }, /inbox prefix "a b"/, []],
      ['no time', { servers: ['x'], timeoutMs: 0 }, /timeoutMs must be more than 0/, []],
    ];
    for (const [name, options, says, secrets] of cases) {
      const error: unknown = await connect(options).catch((cause: unknown) => cause);
      assert.ok(error instanceof HeddleError, name);
      assert.equal(error.code, 'settings_invalid', name);
      assert.match(error.message, says, name);
      for (const secret of secrets) assert.ok(!inspect(error, { depth: null }).includes(secret), name);
    }
  });
});
