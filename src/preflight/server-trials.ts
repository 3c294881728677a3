import { isIP } from 'node:net';
import { HeddleError, isHeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { ReachedAddress, ServerProbe } from '../transport/nats/probe.ts';
import type { TlsOptions } from '../transport/options.ts';
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
  /** Each of them, tried by itself. */
  readonly reach: readonly ReachedAddress[];
  readonly tls: ServerProbe['tls'];
  readonly joined: Transport | undefined;
  /** Why it did not let us in. */
  readonly error: HeddleError | undefined;
}

export interface TrialOptions {
  readonly connect: (address: string, timeoutMs: number, signal: AbortSignal) => Promise<Transport>;
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Once we are in, other addresses of the same name get this long to answer. */
const STRAGGLER_MS = 500;

/** Goes the whole way in and, beside it, looks at each address that the name stands for, and at the certificate. */
export async function tryServer(server: TrialServer, options: TrialOptions): Promise<ServerTrial> {
  const { clock } = options;
  const stop = new AbortController();
  const look = async (): Promise<ServerProbe> => {
    const { probeServer } = await import('../transport/nats/probe.ts');
    const signal = AbortSignal.any([options.signal, stop.signal]);
    return await probeServer(server.address, { timeoutMs: options.timeoutMs, signal, tls: options.tls, clock });
  };
  // A name may stand for several addresses. Of a bare address the way in itself tells all, but for the certificate.
  const beside = isIP(server.host) === 0 ? look() : undefined;
  // What is thrown meanwhile is told when it is awaited below.
  beside?.catch(() => {});
  let joined: Transport | undefined;
  let error: HeddleError | undefined;
  try {
    joined = await options.connect(server.address, options.timeoutMs, options.signal);
  } catch (thrown) {
    if (!isHeddleError(thrown)) throw thrown;
    error = thrown;
  }
  const timer = clock.after(STRAGGLER_MS, () => stop.abort());
  // With settings that cannot be used nothing was dialled, and nothing is known of the address.
  const unknown = error?.code === 'settings_invalid';
  const seen = await (beside ?? (joined?.info.encrypted === true || unknown ? look() : undefined));
  clock.cancel(timer);
  return {
    server,
    addresses: seen?.resolved?.addresses ?? [],
    reach: seen?.reached ?? [{ address: server.host, ok: true, ms: 0 }],
    tls: seen?.tls,
    joined,
    error,
  };
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
