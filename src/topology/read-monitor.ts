import { checkArgument, checkOptions, is, type Keys } from '../check-options.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { redactUrl } from '../transport/redact.ts';
import { buildTopology } from './build-topology.ts';
import type { Connection, ServerPage } from './connection.ts';
import { type Fetched, fetchText } from './fetch-text.ts';
import { Gathering } from './gather.ts';
import { readPage } from './read-page.ts';
import type { Topology, Unknown } from './topology.ts';

/** How the monitoring ports are asked. */
export interface MonitorOptions {
  /** For all that is asked of one server. Default 2000. */
  readonly timeoutMs?: number | undefined;
  readonly pageSize?: number | undefined;
  /** Only connections of this account; by default the server shows those of all. */
  readonly account?: string | undefined;
  /** What messages call one of the addresses. Default: `monitoring address`. */
  readonly addressCalled?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: Keys<MonitorOptions> = {
  timeoutMs: is.number,
  pageSize: is.number,
  account: is.text,
  addressCalled: is.text,
  signal: is.signal,
  clock: is.clock,
};

const MOST_PAGES = 100;

/** The same map from the monitoring ports of nats-server, one URL a server. Needs no connection to the bus. */
export async function readMonitor(urls: readonly string[], options: MonitorOptions = {}): Promise<Topology | Unknown> {
  checkArgument('readMonitor', 'the first argument', urls, is.texts);
  checkOptions('readMonitor', options, OPTIONS);
  const { pageSize = 1024 } = options;
  const gathering = new Gathering();
  const gaps: string[] = [];
  const read: Facts[] = [];
  const cutOff: Connection[] = [];
  for (const text of urls) {
    const base = baseOf(text);
    if (base === undefined) return unreadable(redactUrl(text), 'this is no http:// or https:// address');
    const facts = await readServer(base, gathering, { ...options, pageSize });
    if ('known' in facts) return facts;
    read.push(facts);
    cutOff.push(...(await readCutOff(base, options)));
  }
  for (const facts of read) gaps.push(...gapsOf(facts, read.length, options.addressCalled));
  return buildTopology(gathering.connections, {
    source: 'monitor',
    servers: gathering.servers,
    cutOff,
    gaps: [...gaps, ...gathering.gaps(pageSize)],
  });
}

async function readServer(
  base: URL,
  gathering: Gathering,
  options: MonitorOptions & { pageSize: number },
): Promise<Facts | Unknown> {
  const { signal, clock = systemClock } = options;
  const endsAt = clock.elapsed() + (options.timeoutMs ?? 2000);
  const get = (path: string): Promise<Fetched> =>
    fetchText(new URL(path, base), Math.max(1, endsAt - clock.elapsed()), { signal, clock });
  const about = await get('varz');
  if (!about.ok) return unanswered(base, about.reason);
  const facts = readVarz(about.text);
  if (about.status !== 200 || facts === undefined) {
    return unreadable(shown(base), `it answered ${about.status} to /varz, not as a NATS monitoring port does`);
  }
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({
      subs: 'detail',
      limit: String(options.pageSize),
      offset: String(page * options.pageSize),
    });
    if (options.account !== undefined) query.set('acc', options.account);
    const fetched = await get(`connz?${query}`);
    if (!fetched.ok) {
      // What came before is a map all the same; the gaps tell what it lacks.
      if (page > 0) break;
      return unanswered(base, fetched.reason);
    }
    const reading = readPage(fetched.text);
    if (!reading.ok) return unreadable(shown(base), reading.reason);
    gathering.add(withFacts(reading.page, facts));
    const { connections, total } = reading.page;
    if (connections.length === 0 || (page + 1) * options.pageSize >= total) break;
  }
  return facts;
}

/**
 * Whom the server cut off lately because he read too slowly, as long as it remembers. Only the monitoring port tells: over the
 * bus, the servers list no connection that has ended.
 */
async function readCutOff(base: URL, options: MonitorOptions): Promise<readonly Connection[]> {
  const { signal, clock = systemClock, timeoutMs = 2000, account } = options;
  const query = new URLSearchParams({ state: 'closed', subs: 'detail', sort: 'stop', limit: '1024' });
  if (account !== undefined) query.set('acc', account);
  const fetched = await fetchText(new URL(`connz?${query}`, base), timeoutMs, { signal, clock });
  const reading = fetched.ok && fetched.status === 200 ? readPage(fetched.text) : undefined;
  if (reading?.ok !== true) return [];
  const { connections, server } = reading.page;
  const now = Date.parse(server.time ?? '');
  return connections.filter(({ kind, ended }) => {
    if (kind !== 'Client' || ended?.reason.startsWith('Slow Consumer') !== true) return false;
    return !(now - Date.parse(ended.at) > LATELY_MS);
  });
}

const LATELY_MS = 60 * 60 * 1000;

interface Facts {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly cluster: string | undefined;
  readonly jetstream: boolean;
  readonly routes: number;
  readonly remotes: number;
  readonly leafNodes: number;
}

function readVarz(text: string): Facts | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('server_id' in parsed)) return undefined;
  const varz = parsed as Readonly<Record<string, unknown>>;
  const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  const inner = (key: string): Readonly<Record<string, unknown>> =>
    typeof varz[key] === 'object' && varz[key] !== null ? (varz[key] as Readonly<Record<string, unknown>>) : {};
  return {
    name: word(varz.server_name),
    version: word(varz.version),
    cluster: word(inner('cluster').name),
    jetstream: inner('jetstream').config !== undefined,
    routes: number(varz.routes),
    remotes: number(varz.remotes),
    leafNodes: number(varz.leafnodes),
  };
}

function withFacts(page: ServerPage, { name, version, cluster, jetstream }: Facts): ServerPage {
  return { ...page, server: { ...page.server, name, version, cluster, jetstream } };
}

function gapsOf(
  { name = 'the server', routes, remotes, leafNodes }: Facts,
  read: number,
  addressCalled = 'monitoring address',
): string[] {
  const gaps: string[] = [];
  // A route to each other server, and newer servers hold several to the same one: `remotes` counts the servers.
  const others = remotes > 0 ? remotes : routes;
  if (others >= read) {
    gaps.push(`${name} has ${others} more in its cluster: give a ${addressCalled} for each to see their clients`);
  }
  if (leafNodes > 0) gaps.push(`${name} has leaf nodes (${leafNodes}): who listens behind them is not shown`);
  return gaps;
}

function baseOf(text: string): URL | undefined {
  const url = parse(text);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** An address may hold a password. */
function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

const HINT = "Check the address; nats-server serves it when started with '-m 8222' (Heddle's manifests do).";

function unanswered(base: URL, reason: string): Unknown {
  return {
    known: false,
    code: 'unanswered',
    reason: `cannot read the monitoring port at ${shown(base)}: ${reason}`,
    hint: HINT,
  };
}

function unreadable(where: string, reason: string): Unknown {
  return {
    known: false,
    code: 'unreadable',
    reason: `cannot read the monitoring port at ${where}: ${reason}`,
    hint: HINT,
  };
}
