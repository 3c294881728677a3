import { type ErrorCode, HeddleError, isHeddleError } from '../../errors.ts';
import { deadline } from '../../time/wait.ts';
import type { ServerAddress } from './address.ts';
import { credentialsFor } from './auth.ts';
import { type Backoff, newBackoff } from './backoff.ts';
import { connectFailure, seconds } from './failure.ts';
import type { Plan } from './plan.ts';
import { NatsProtocol } from './protocol.ts';
import { race } from './race.ts';
import { NatsSocket } from './socket.ts';

/** A connection that has been accepted, and what belongs to it. */
export interface Joined {
  readonly protocol: NatsProtocol;
  readonly backoff: Backoff;
  /** The address that was asked for, by the engine's name for the server; servers it heard of later are not in it. */
  readonly addresses: ReadonlyMap<string, ServerAddress>;
}

/** A server that answered nothing yet keeps its chance, but the next one is tried as well. */
const HEAD_START_MS = 1000;

/** Connects to the first server that accepts us before the deadline, or throws what is wrong with them. */
export async function join(plan: Plan, signal: AbortSignal | undefined): Promise<Joined> {
  const { signal: over, clear } = deadline(plan.clock, plan.timeoutMs, signal);
  try {
    const headStartMs = Math.min(HEAD_START_MS, plan.timeoutMs / (plan.addresses.length + 1));
    return await race(plan.addresses, headStartMs, plan.clock, (address, lost) => {
      return joinOne(plan, address, AbortSignal.any([over, lost]), over);
    });
  } catch (errors) {
    if (signal?.aborted) throw new HeddleError('interrupted', 'the connect was interrupted');
    throw worst(errors as HeddleError[]);
  } finally {
    clear();
  }
}

async function joinOne(plan: Plan, address: ServerAddress, stop: AbortSignal, over: AbortSignal): Promise<Joined> {
  if (stop.aborted) throw notTried(address, plan.timeoutMs);
  const addresses = new Map<string, ServerAddress>();
  const backoff = newBackoff(Math.random);
  let first = true;

  const protocol: NatsProtocol = new NatsProtocol(
    {
      servers: [hostPort(address)],
      name: plan.name,
      // Left out, a server takes both as true, and answers every message with +OK.
      verbose: false,
      pedantic: false,
      noRandomize: true,
      resolve: false,
      noAsyncTraces: true,
      // During the first connect every failure must end it; the policy asked for holds from then on.
      reconnect: false,
      maxReconnectAttempts: -1,
      // Credentials that are refused twice may be right the third time, when a server got its accounts back.
      ignoreAuthErrorAbort: true,
      ignoreClusterUpdates: !plan.reconnect,
      reconnectDelayHandler: () => backoff.delayMs,
      // Ours is the deadline; this one must only never come first.
      timeout: plan.timeoutMs + 1000,
      pingInterval: plan.pingIntervalMs,
      maxPingOut: 2,
      inboxPrefix: plan.inboxPrefix,
      ...(plan.tls.asked || address.tls ? { tls: {} } : {}),
      authenticator: (nonce) => {
        const current = addresses.get(protocol.server.listen) ?? address;
        return credentialsFor(current, plan.credentials).answer(nonce);
      },
    },
    () => {
      const current = addresses.get(protocol.server.listen) ?? address;
      const socket = new NatsSocket({
        tlsAsked: plan.tls.asked || current.tls,
        tlsFirst: plan.tls.first,
        trust: plan.trust?.context,
        identify: first,
        clock: plan.clock,
      });
      first = false;
      return socket;
    },
  );
  nameServer(protocol, addresses, address);

  const abandon = (): void => protocol.abandon();
  stop.addEventListener('abort', abandon, { once: true });
  try {
    await protocol.dialLoop();
  } catch (error) {
    throw dialFailure(plan, address, protocol.socket, error, over.aborted);
  } finally {
    stop.removeEventListener('abort', abandon);
  }

  protocol.options.reconnect = plan.reconnect;
  protocol.options.timeout = plan.timeoutMs;
  for (const other of plan.addresses) {
    if (other === address) continue;
    protocol.servers.addServer(hostPort(other));
    nameServer(protocol, addresses, other);
  }
  return { protocol, backoff, addresses };
}

/** What the latest dial to a server failed of. */
export function dialFailure(
  plan: Plan,
  address: ServerAddress,
  socket: NatsSocket | undefined,
  error: unknown = socket?.problem,
  timedOut = false,
): HeddleError {
  const cause = socket?.closeError ?? error;
  return connectFailure({
    address,
    stage: socket?.stage ?? 'resolving',
    error: cause,
    timedOut: timedOut || (cause instanceof Error && cause.name === 'TimeoutError'),
    timeoutMs: plan.timeoutMs,
    info: socket?.info,
    peer: socket?.peer,
    complaints: socket?.complaints ?? [],
    credentials: credentialsFor(address, plan.credentials),
    secrets: plan.secrets,
    tls: { ...plan.tls, asked: plan.tls.asked || address.tls },
    certExpiresAt: plan.trust?.certExpiresAt,
    now: plan.clock.now(),
  });
}

function hostPort({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Remembers the server that was added last under the name that the engine gave it. */
function nameServer(protocol: NatsProtocol, addresses: Map<string, ServerAddress>, address: ServerAddress): void {
  const added = protocol.servers.getServers().at(-1);
  if (added !== undefined) addresses.set(added.listen, address);
}

function notTried({ label }: ServerAddress, timeoutMs: number): HeddleError {
  return new HeddleError('connection_unreachable', `${label} was not tried, because ${seconds(timeoutMs)} were over`, {
    remedy: { do: 'raise-timeout', of: 'servers' },
    retryable: true,
  });
}

/** The nearer a server came to accepting us, the more its failure tells. */
const TELLING: readonly ErrorCode[] = [
  'permission_denied',
  'auth_expired',
  'auth_wrong',
  'auth_missing',
  'tls_expired',
  'tls_certificate',
  'tls_required',
  'tls_refused',
  'connection_timeout',
  'connection_failed',
  'connection_not_nats',
  'connection_refused',
  'connection_unreachable',
  'connection_dns',
];

function worst(errors: readonly unknown[]): unknown {
  const failures = errors.filter(isHeddleError);
  const [only] = failures;
  if (failures.length !== errors.length || only === undefined) return errors.find((error) => !isHeddleError(error));
  if (failures.length === 1) return only;
  const told = [...failures].sort((one, other) => TELLING.indexOf(one.code) - TELLING.indexOf(other.code));
  const [first = only] = told;
  const all = told.map((failure) => failure.message).join('; ');
  return new HeddleError(first.code, `none of ${failures.length} servers can be used: ${all}`, {
    hint: first.hint,
    remedy: first.remedy,
    retryable: failures.some((failure) => failure.retryable === true),
    cause: first.cause,
  });
}
