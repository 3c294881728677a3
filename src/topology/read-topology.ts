import { checkArgument, checkOptions, is, type Keys } from '../check-options.ts';
import { type HeddleError, isHeddleError } from '../errors.ts';
import { adviceOf, type Remedy } from '../remedy.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Message, Transport } from '../transport/transport.ts';
import { buildTopology } from './build-topology.ts';
import { Gathering } from './gather.ts';
import { type PageReading, readPage } from './read-page.ts';
import type { Topology, Unknown } from './topology.ts';

/** Any client may ask this in its own account: no system account and no monitoring port is needed. */
export const WHO_IS_CONNECTED = '$SYS.REQ.ACCOUNT.PING.CONNZ';

/** How long the servers have to answer. */
export interface ReadOptions {
  /** For the whole reading. Default 2000. */
  readonly timeoutMs?: number | undefined;
  /** In a cluster nobody knows how many servers will answer: reading ends when this long none did. Default 250. */
  readonly quietMs?: number | undefined;
  /** Connections a page. Default 1024, the servers' own. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: Keys<ReadOptions> = {
  timeoutMs: is.number,
  quietMs: is.number,
  pageSize: is.number,
  signal: is.signal,
  clock: is.clock,
};

/** More than this many connections on one server are not read, and the map says so. */
const MOST_PAGES = 100;

/**
 * Asks every server of the account who is connected and listens to what, and makes one map of it. Where the servers do
 * not tell, the answer is `Unknown` with the reason: never a guess. Throws only when the bus is gone or `signal` aborts.
 */
export async function readTopology(transport: Transport, options: ReadOptions = {}): Promise<Topology | Unknown> {
  checkArgument('readTopology', 'the first argument', transport, is.bus);
  checkOptions('readTopology', options, OPTIONS);
  const { timeoutMs = 2000, quietMs = 250, pageSize = 1024, signal, clock = systemClock } = options;
  const endsAt = clock.elapsed() + timeoutMs;
  const gathering = new Gathering();
  const faults: string[] = [];

  for (let page = 0; page < MOST_PAGES; page++) {
    const offset = page * pageSize;
    if (page > 0 && offset >= gathering.mostConnections) break;
    const remaining = endsAt - clock.elapsed();
    if (remaining <= 0) break;
    const question = JSON.stringify({ subscriptions: true, subscriptions_detail: true, offset, limit: pageSize });
    try {
      for await (const answer of transport.requestMany(WHO_IS_CONNECTED, question, {
        timeoutMs: remaining,
        stallMs: quietMs,
        signal,
      })) {
        const reading = read(answer, transport);
        if (reading.ok) gathering.add(reading.page);
        else faults.push(reading.reason);
        if (isComplete(gathering, offset, page, transport)) break;
      }
    } catch (error) {
      if (!isHeddleError(error) || (error.code !== 'permission_denied' && error.code !== 'timeout')) throw error;
      if (error.code === 'permission_denied') return refused(error);
    }
    if (gathering.servers.length === 0) break;
  }

  if (gathering.servers.length === 0) {
    const [fault] = faults;
    if (fault !== undefined) return unreadable(fault);
    return endsAt - clock.elapsed() > 0 ? unserved(transport.info.can.connz) : unanswered(timeoutMs);
  }
  return buildTopology(gathering.connections, {
    source: 'bus',
    servers: gathering.servers,
    gaps: [...gathering.gaps(pageSize), ...new Set(faults)],
  });
}

function read(answer: Message, transport: Transport): PageReading {
  const { serverId, clientId } = transport.info;
  return readPage(new TextDecoder().decode(answer.data), { serverId, clientId });
}

/** Waiting for more answers costs `quietMs`: only where more can come. */
function isComplete(gathering: Gathering, offset: number, page: number, transport: Transport): boolean {
  if (page > 0) return gathering.lacking(offset) === 0;
  return transport.info.cluster === undefined && gathering.servers.length > 0 && gathering.leafNodes.length === 0;
}

const OTHER_WAY: Remedy = { do: 'ask-monitoring-port' };

function refused(error: HeddleError): Unknown {
  const none = error.hint === undefined && error.remedy === undefined;
  const itself = none ? { hint: `Allow it to publish ${WHO_IS_CONNECTED}.` } : adviceOf(error);
  return {
    known: false,
    code: 'refused',
    reason: `this user may not ask the servers who is connected: ${error.message}`,
    remedy: { do: 'any-of', advice: [itself, { remedy: OTHER_WAY }] },
  };
}

/** `recent`: of a version that can. Then the answer is given by the system account, and there may be none. */
function unserved(recent: boolean): Unknown {
  return {
    known: false,
    code: 'unserved',
    reason: 'the server does not tell its clients who is connected',
    hint: recent
      ? 'It answers where it has a system account: in operator mode, name one in its configuration (system_account).'
      : `nats-server 2.9 and later answer on ${WHO_IS_CONNECTED}.`,
    remedy: OTHER_WAY,
  };
}

function unanswered(timeoutMs: number): Unknown {
  return {
    known: false,
    code: 'unanswered',
    reason: `no server answered on ${WHO_IS_CONNECTED} in ${Math.round(timeoutMs)} ms`,
    remedy: { do: 'any-of', advice: [{ remedy: { do: 'check-inbox-prefix' } }, { remedy: OTHER_WAY }] },
  };
}

function unreadable(reason: string): Unknown {
  return { known: false, code: 'unreadable', reason, remedy: OTHER_WAY };
}
