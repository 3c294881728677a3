import { lookup } from 'node:dns';
import { connect as connectTcp, isIP } from 'node:net';
import { HeddleError, isHeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';

/** One server address of the settings. */
export interface TrialServer {
  /** May hold a password; never shown. */
  readonly address: string;
  /** `nats://host:port`. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
}

/** What became of one server address. */
export interface ServerTrial {
  readonly server: TrialServer;
  /** What its name resolves to; empty when it does not. */
  readonly addresses: readonly string[];
  /** For each of them: connected, or why not. */
  readonly reach: readonly Reach[];
  readonly joined: Transport | undefined;
  /** Why it did not let us in. */
  readonly error: HeddleError | undefined;
}

export interface Reach {
  readonly address: string;
  readonly ok: boolean;
  readonly reason: string;
}

export interface TrialOptions {
  readonly connect: (address: string, timeoutMs: number, signal: AbortSignal) => Promise<Transport>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Once we are in, other addresses of the same name get this long to answer. */
const STRAGGLER_MS = 500;

/** Tries the whole way in through the client and, beside it, each address that the name stands for. */
export async function tryServer(server: TrialServer, options: TrialOptions): Promise<ServerTrial> {
  const stop = new AbortController();
  const reaching = reachAll(server, options.timeoutMs, AbortSignal.any([options.signal, stop.signal]));
  let joined: Transport | undefined;
  let error: HeddleError | undefined;
  try {
    joined = await options.connect(server.address, options.timeoutMs, options.signal);
  } catch (thrown) {
    if (!isHeddleError(thrown)) throw thrown;
    error = thrown;
  }
  const timer = setTimeout(() => stop.abort(), STRAGGLER_MS);
  const { addresses, reach } = await reaching;
  clearTimeout(timer);
  return { server, addresses, reach, joined, error };
}

async function reachAll(
  { host, port }: TrialServer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ addresses: readonly string[]; reach: readonly Reach[] }> {
  const addresses = isIP(host) === 0 ? await resolve(host, timeoutMs, signal) : [host];
  const reach = await Promise.all(addresses.map((address) => reachOne(address, port, timeoutMs, signal)));
  return { addresses, reach };
}

/** The name service cannot be interrupted; it is left to finish by itself. */
function resolve(host: string, timeoutMs: number, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((done) => {
    const finish = (addresses: readonly string[]): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      done(addresses);
    };
    const onAbort = (): void => finish([]);
    const timer = setTimeout(onAbort, timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    lookup(host, { all: true }, (error, found) => {
      finish(error === null ? [...new Set(found.map(({ address }) => address))] : []);
    });
  });
}

function reachOne(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Reach> {
  return new Promise((done) => {
    const socket = connectTcp({ host: address, port });
    const finish = (ok: boolean, reason: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      done({ address, ok, reason });
    };
    const onAbort = (): void => finish(false, 'no answer');
    const timer = setTimeout(() => finish(false, `no answer in ${Math.round(timeoutMs)} ms`), timeoutMs);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => finish(true, ''));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish(false, error.code === 'ECONNREFUSED' ? 'connection refused' : (error.code ?? error.message));
    });
  });
}

/** Among the errors of several servers, the one that came furthest says most. */
const FURTHEST: readonly (readonly string[])[] = [
  ['auth_missing', 'auth_wrong', 'auth_expired', 'connection_timeout', 'connection_failed', 'permission_denied'],
  ['tls_required', 'tls_refused', 'tls_certificate', 'tls_expired'],
  ['connection_not_nats'],
  ['connection_refused', 'connection_unreachable'],
  ['connection_dns'],
];

export function furthestError(trials: readonly ServerTrial[]): HeddleError {
  for (const codes of FURTHEST) {
    const found = trials.find(({ error }) => error !== undefined && codes.includes(error.code))?.error;
    if (found !== undefined) return found;
  }
  return (
    trials.find(({ error }) => error !== undefined)?.error ??
    new HeddleError('settings_invalid', 'no server address was given')
  );
}
