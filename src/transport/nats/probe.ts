import { isIP, type Socket } from 'node:net';
import type { HeddleError } from '../../errors.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import { deadline } from '../../time/wait.ts';
import type { TlsOptions } from '../options.ts';
import type { ServerInfo } from '../transport.ts';
import { parseAddress, type ServerAddress } from './address.ts';
import type { Attempt } from './attempt.ts';
import { credentialsFor, credentialsOf } from './auth.ts';
import { connected, DialProblem, type Greeting, greeting, type Stage, startTcp } from './dial.ts';
import { connectFailure, errorCode } from './failure.ts';
import { serverInfo } from './info.ts';
import { identifyPeer, type Peer } from './peer.ts';
import { tlsAsked, trustFor } from './plan.ts';
import { distrust, lookAt, type ProbedTls } from './probe-tls.ts';
import { secured, startTls } from './tls.ts';

export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** What can be seen of a server without joining it, step by step; steps that were not reached are absent. */
export interface ServerProbe {
  /** `nats://host:port`, without secrets. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly resolved?: { readonly addresses: readonly string[] };
  /** Every address of the name, tried side by side. */
  readonly reached?: readonly ReachedAddress[];
  readonly greeted?: { readonly info: ServerInfo; readonly raw: Greeting };
  readonly tls?: ProbedTls;
  /** The first thing that would stop a connection before it comes to authentication. */
  readonly problem?: HeddleError;
}

export interface ReachedAddress {
  readonly address: string;
  readonly ok: boolean;
  readonly ms: number;
  /** The system's code, or `timeout`. */
  readonly problem?: string | undefined;
}

const SILENCE_MS = 300;

/** Looks at one server. Throws only for an address that cannot be read; whatever is wrong with the server is data. */
export async function probeServer(url: string, options: ProbeOptions): Promise<ServerProbe> {
  const address = parseAddress(url);
  const trust = await trustFor(options.tls);
  const asked = tlsAsked(options.tls);
  const tls = { ...asked, asked: asked.asked || address.tls };
  const { clock = systemClock } = options;
  const { signal, clear } = deadline(clock, options.timeoutMs, options.signal);

  const probe: { -readonly [K in keyof ServerProbe]: ServerProbe[K] } = {
    server: address.label,
    host: address.host,
    port: address.port,
  };
  const open = new Set<Socket>();
  // A socket that was wrapped for TLS is no longer ours to destroy: with both, Node 20 ends in a segmentation fault.
  const own = <T extends Socket>(socket: T, instead?: Socket): T => {
    if (instead !== undefined) open.delete(instead);
    open.add(socket);
    if (signal.aborted) socket.destroy();
    return socket;
  };
  const closeAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  signal.addEventListener('abort', closeAll);
  let stage: Stage = 'resolving';
  let raw: Greeting | undefined;
  let peer: Peer | undefined;
  try {
    const addresses = await resolve(address, signal);
    probe.resolved = { addresses };

    stage = 'connecting';
    const reached = await Promise.all(
      addresses.map((each) => reach(each, own(startTcp(each, address.port)), signal, clock)),
    );
    probe.reached = reached.map(({ address: each, ok, ms, problem }) => ({ address: each, ok, ms, problem }));
    const first = reached.find(({ ok }) => ok);
    if (first === undefined) throw reached.find(({ error }) => errorCode(error) !== undefined)?.error;
    let socket: Socket = first.socket;

    const handshake = async (): Promise<ProbedTls['handshake']> => {
      stage = 'securing';
      const secure = own(await startTls(socket, address.host, trust?.context, false), socket);
      await secured(secure);
      socket = secure;
      return lookAt(secure);
    };
    const early = tls.first ? await handshake() : undefined;
    stage = 'greeting';
    const reading = greeting(socket);
    const silence = clock.after(SILENCE_MS, async () => {
      if (tls.first) return;
      peer = await identifyPeer(address.host, address.port, signal, clock);
      if (peer.kind !== 'nats' && peer.kind !== 'silent') socket.destroy(new DialProblem('silent', peer.said));
    });
    raw = (await reading.finally(() => clock.cancel(silence))).info;
    const offered = tls.first || raw.tls_required === true || raw.tls_available === true;
    const wanted = early === undefined && offered && (raw.tls_required === true || tls.asked);
    const late = wanted ? await handshake() : early;
    probe.greeted = { info: serverInfo(raw, late !== undefined), raw };
    if (offered) {
      probe.tls = {
        required: raw.tls_required === true,
        verifiesClients: raw.tls_verify === true,
        ...(late === undefined ? {} : { handshake: late }),
      };
    }
    stage = 'securing';
    if (tls.asked && !offered) throw new DialProblem('no_tls');
    if (late?.distrust !== undefined) throw distrust(late.distrust, late.certificate);
  } catch (error) {
    const general = await credentialsOf();
    const attempt: Attempt = {
      address,
      stage,
      error,
      timedOut: signal.aborted,
      timeoutMs: options.timeoutMs,
      info: raw,
      peer,
      complaints: [],
      credentials: general,
      secrets: credentialsFor(address, general).secrets,
      tls,
      certExpiresAt: trust?.certExpiresAt,
      now: clock.now(),
    };
    probe.problem = connectFailure(attempt);
  } finally {
    clear();
    closeAll();
  }
  return probe;
}

async function resolve({ host }: ServerAddress, signal: AbortSignal): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const { lookup } = await import('node:dns/promises');
  const found = lookup(host, { all: true });
  // A lookup cannot be called back; when the time is over nobody waits for it.
  found.catch(() => {});
  const over = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new DialProblem('given_up'));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  return (await Promise.race([found, over])).map(({ address }) => address);
}

async function reach(
  address: string,
  socket: Socket,
  signal: AbortSignal,
  clock: Clock,
): Promise<ReachedAddress & { socket: Socket; error?: unknown }> {
  const began = clock.elapsed();
  try {
    await connected(socket, address, () => {});
    return { address, ok: true, ms: clock.elapsed() - began, socket };
  } catch (error) {
    const problem = signal.aborted ? 'timeout' : (errorCode(error) ?? 'closed');
    return { address, ok: false, ms: clock.elapsed() - began, problem, socket, error };
  }
}
