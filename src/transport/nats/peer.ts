import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../../time/clock.ts';
import { firstWords, startTcp } from './dial.ts';
import { startTls } from './tls.ts';

/** What a peer is that accepted a connection and then said nothing, though a NATS server speaks first. */
export interface Peer {
  readonly kind: 'http' | 'tls_nats' | 'tls' | 'nats' | 'other' | 'silent';
  readonly said?: string | undefined;
}

const ANSWER_MS = 400;

/** How long an answer is waited for: so much of this clock, or until the signal. */
interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const HTTP_QUESTION = 'GET / HTTP/1.0\r\n\r\n';

/**
 * Asks on connections of its own, in the two ways that a silent server may be waiting for: as a web client and as a
 * TLS client. Takes less than half a second.
 */
export async function identifyPeer(
  host: string,
  port: number,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<Peer> {
  const patience = { clock, signal };
  const [plain, secure] = await Promise.all([askPlainly(host, port, patience), askSecurely(host, port, patience)]);
  if (plain.kind === 'http' || plain.kind === 'nats') return plain;
  if (secure.kind !== 'silent') return secure;
  return plain;
}

function askPlainly(host: string, port: number, patience: Patience): Promise<Peer> {
  const socket = startTcp(host, port);
  return answer(socket, patience, (done) => {
    socket.once('connect', () => socket.write(HTTP_QUESTION));
    socket.once('data', (bytes: Buffer) => {
      const said = firstWords(bytes);
      if (said.startsWith('HTTP/')) done({ kind: 'http', said });
      else if (/^INFO /i.test(said)) done({ kind: 'nats' });
      // A TLS alert is the answer of a TLS server to anything else.
      else if (bytes[0] === 0x15 && bytes[1] === 0x03) done({ kind: 'tls' });
      else done({ kind: 'other', said });
    });
  });
}

async function askSecurely(host: string, port: number, patience: Patience): Promise<Peer> {
  const raw = startTcp(host, port);
  const socket = await startTls(raw, host, undefined, false).catch(() => undefined);
  if (socket === undefined) return { kind: 'silent' };
  let found: Peer = { kind: 'silent' };
  return answer(
    socket,
    patience,
    (done) => {
      socket.once('secureConnect', () => {
        found = { kind: 'tls' };
      });
      socket.once('data', (bytes: Buffer) => done({ kind: /^INFO /i.test(firstWords(bytes)) ? 'tls_nats' : 'tls' }));
    },
    () => found,
  );
}

/** The answer of a socket that is destroyed afterwards, whatever happens; without one, what was found until then. */
function answer(
  socket: Socket,
  { clock, signal }: Patience,
  listen: (done: (peer: Peer) => void) => void,
  otherwise: () => Peer = () => ({ kind: 'silent' }),
): Promise<Peer> {
  return new Promise((resolve) => {
    const finish = (): void => done(otherwise());
    const done = (peer: Peer): void => {
      clock.cancel(timer);
      signal.removeEventListener('abort', finish);
      resolve(peer);
      socket.destroy();
    };
    const timer = clock.after(ANSWER_MS, finish);
    signal.addEventListener('abort', finish, { once: true });
    socket.once('close', finish);
    listen(done);
  });
}
