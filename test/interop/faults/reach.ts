import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTls } from 'node:tls';
import { startBroker } from '../../../src/broker/broker.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { freePort } from '../../helpers/ports.ts';
import { newAuthority } from '../../helpers/tls.ts';
import { blackHole } from '../../preflight/black-hole.ts';
import { newOperator } from '../../transport/nats-operator.ts';
import { type Fault, preflight, submit } from './fault.ts';

const ADA = 'authorization: { users: [ { user: ada, password: s3cret } ] }';
/** The default deadline of a connection, and the start of the program. */
const DEADLINE_MS = 7_000;

/** The bus cannot be reached, or not by us. */
export const REACH: readonly Fault[] = [
  {
    number: 1,
    fault: 'the server is down',
    made: 'nobody listens on the port',
    make: async () => preflight(`nats://127.0.0.1:${await freePort()}`),
    named: /connection\.reachable.*connection refused/,
    remedy: /→ Is NATS running\? Start one/,
    exit: 3,
  },
  {
    number: 2,
    fault: 'the name does not resolve',
    made: 'a name of the domain `invalid`',
    make: async () => preflight('nats://bus.invalid:4222'),
    named: /connection\.resolves.*bus\.invalid.*the name does not exist/,
    remedy: /→ Check the spelling/,
    exit: 3,
    // As long as this machine's name servers take.
    withinMs: DEADLINE_MS,
  },
  {
    number: 3,
    fault: 'packets vanish (a black hole)',
    made: 'a listener that was stopped, its queue full',
    make: async ({ t }) => preflight(`nats://127.0.0.1:${await blackHole(t)}`),
    named: /connection\.reachable.*no answer within/,
    remedy: /→ .*firewalls between here and there/,
    exit: 3,
    linux: true,
    withinMs: DEADLINE_MS,
  },
  {
    number: 3,
    fault: 'the server is frozen',
    made: '`nats-server`, stopped with SIGSTOP',
    async make(world) {
      const { server, url } = await world.bus();
      server.freeze();
      world.t.after(() => server.thaw());
      return preflight(url);
    },
    named: /accepted the connection and said nothing/,
    remedy: /→ .*a server that hangs/,
    exit: 3,
    withinMs: DEADLINE_MS,
  },
  {
    number: 4,
    fault: 'no NATS server answers',
    made: 'an HTTP server on the port',
    async make({ t }) {
      const port = await listening(
        t,
        createHttp((_, response) => response.end('hello')),
      );
      return preflight(`nats://127.0.0.1:${port}`);
    },
    named: /speaks_nats.*is a web server, not a NATS server/,
    remedy: /→ Check the port/,
    exit: 3,
  },
  {
    number: 5,
    fault: 'no credentials',
    made: '`nats-server` with a user and a password; none given',
    make: async (world) => preflight((await world.bus({ config: ADA, user: () => 'ada:s3cret@' })).url),
    named: /requires authentication, and we gave none/,
    remedy: /→ Give --user with --password-file/,
    exit: 3,
  },
  {
    number: 6,
    fault: 'a wrong password',
    made: '`nats-server` with a user and a password; another given',
    async make(world) {
      const { url } = await world.bus({ config: ADA });
      world.write('password', 'wr0ng');
      return preflight(url, '--user', 'ada', '--password-file', 'password');
    },
    named: /refused user "ada"/,
    remedy: /→ Check name and password/,
    never: /token/,
    exit: 3,
  },
  {
    number: 6,
    fault: 'a wrong token',
    made: '`nats-server` with a token; another given',
    async make(world) {
      const { url } = await world.bus({ config: 'authorization: { token: s3cret }' });
      world.write('token', 'wr0ng');
      return preflight(url, '--token-file', 'token');
    },
    named: /authenticated.*refused (a|the|our) token/,
    remedy: /→ .*[Tt]oken/,
    never: /name and password/,
    exit: 3,
  },
  {
    number: 7,
    fault: 'an expired user JWT',
    made: '`nats-server` in operator mode; credentials that ended a minute ago',
    async make(world) {
      const operator = newOperator();
      const { url } = await world.bus({ config: operator.config });
      world.write('ada.creds', operator.user({ expiresIn: -60 }).creds);
      return preflight(url, '--creds', 'ada.creds');
    },
    named: /our credentials have expired on/,
    remedy: /→ Ask for new credentials/,
    exit: 3,
  },
  {
    number: 8,
    fault: 'TLS is required, by an authority unknown here',
    made: '`nats-server` with a certificate of a company of its own',
    make: async (world) => preflight((await world.bus(withTls())).url),
    named: /requires TLS, and this machine does not trust the CA/,
    remedy: /→ Name the CA certificate with --tls-ca/,
    exit: 3,
  },
  {
    number: 8,
    fault: 'the TLS handshake comes first',
    made: 'a server that waits for the handshake before it speaks',
    async make({ t }) {
      const { cert, key } = newAuthority('ca').issue({ name: 'bus', hosts: ['127.0.0.1'] });
      const server = createTls({ cert, key }, (socket) => {
        socket.on('error', () => {});
        socket.write('INFO {"server_id":"N","version":"2.11.0","max_payload":1048576}\r\n');
      });
      return preflight(`nats://127.0.0.1:${await listening(t, server)}`);
    },
    named: /speaks TLS from the first byte/,
    remedy: /→ .*--tls-first/,
    exit: 3,
  },
  {
    number: 9,
    fault: 'the wrong authority',
    made: '`nats-server` with a certificate of one company; the authority of another given',
    async make(world) {
      const { url } = await world.bus(withTls());
      world.write('other-ca.pem', newAuthority('another company').cert);
      return preflight(url, '--tls-ca', 'other-ca.pem');
    },
    named: /signed by a CA that is not the one in --tls-ca/,
    remedy: /→ Ask whoever runs the server for the certificate of its CA/,
    exit: 3,
  },
  {
    number: 10,
    fault: 'tasks may not be published',
    made: '`nats-server` 2.9, publish denied on `heddle.tasks.>`',
    make: async (world) => await asAda(world, 'publish: { deny: "heddle.tasks.>" }', 'submit'),
    named: /does not allow us to publish to "heddle\.tasks\.incoming"/,
    remedy: /to allow publish on it for this user/,
    exit: 3,
  },
  {
    number: 10,
    fault: 'results may not be read',
    made: '`nats-server` 2.9, subscribe denied on `heddle.results.>`',
    make: async (world) => await asAda(world, 'subscribe: { deny: "heddle.results.>" }', 'preflight'),
    named: /this user may not subscribe to heddle\.results\.>/,
    remedy: /→ Allow it in the user's permissions/,
    exit: 3,
  },
  {
    number: 10,
    fault: 'answers to our own inbox may not be read',
    made: '`nats-server` 2.9, subscribe allowed on `heddle.>` alone',
    make: async (world) => await asAda(world, 'subscribe: { allow: "heddle.>" }', 'preflight'),
    named: /_INBOX/,
    remedy: /_INBOX\.>/,
    never: /_INBOX\.[A-Za-z0-9]{6,}/,
    exit: 0,
  },
  {
    number: 11,
    fault: 'a selected context, and another address',
    made: 'a context with a user and a password is selected; the environment names another server',
    async make(world) {
      const { url } = await world.bus({ config: ADA });
      context(world, { url: 'nats://127.0.0.1:1', user: 'ada', password: 's3cret' });
      return preflight(url);
    },
    named: /address comes from environment NATS_URL, but password and user from NATS context 'work'/,
    remedy: /→ Give both in the same place/,
    exit: 2,
  },
  {
    number: 11,
    fault: "a selected context's address, and other credentials",
    made: 'a context is selected; `--creds` of another account are given',
    async make(world) {
      const { url } = await world.bus({ config: ADA });
      context(world, { url });
      world.write('other.creds', newOperator().user().creds);
      return { argv: ['preflight', '-o', 'short', '--creds', 'other.creds'] };
    },
    named: /(context[\s\S]*--creds|--creds[\s\S]*context)/,
    remedy: /→ /,
    never: /Check name and password/,
    exit: 3,
  },
  {
    number: 38,
    fault: 'the clocks disagree',
    made: 'our own development bus with its clock a minute ahead: a stand-in, as nobody sets the clock of a machine for a test',
    async make({ t }) {
      const broker = await startBroker({ clock: { ...systemClock, now: () => systemClock.now() + 60_000 } });
      t.after(() => broker.close());
      return preflight(broker.url);
    },
    named: /our clock is .* behind/,
    remedy: /→ .*time synchronisation/,
    exit: 0,
  },
];

function withTls() {
  const { cert, key } = newAuthority('our company').issue({ name: 'bus', hosts: ['127.0.0.1', 'localhost'] });
  return {
    files: { 'cert.pem': cert, 'key.pem': key },
    config: 'tls { cert_file: "FOLDER/cert.pem", key_file: "FOLDER/key.pem" }',
  };
}

async function asAda(world: Parameters<Fault['make']>[0], rules: string, command: 'preflight' | 'submit') {
  const users = `{ user: all, password: all }, { user: ada, password: s3cret, permissions: { ${rules} } }`;
  const { url } = await world.healthy({ config: `authorization: { users: [ ${users} ] }`, user: () => 'all:all@' });
  const run = command === 'preflight' ? preflight(url) : submit(url, 'echo', '--tier', 'local', '--wait', '2s');
  return { ...run, env: { ...run.env, NATS_USER: 'ada', NATS_PASSWORD: 's3cret' } };
}

function context({ write }: Parameters<Fault['make']>[0], values: Record<string, string>): void {
  write('home/.config/nats/context.txt', 'work');
  write('home/.config/nats/context/work.json', JSON.stringify(values));
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}
