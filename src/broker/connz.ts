import { covers } from '../transport/permissions.ts';
import type { Client } from './client.ts';
import { goDuration, goTime, goUptime } from './go-time.ts';
import type { Route } from './routes.ts';
import { fromWire, toWire } from './text.ts';

/** One connection, in the words of a NATS server's `connz` document. */
export interface ConnectionEntry {
  cid: number;
  kind: 'Client';
  type: 'nats';
  ip: string;
  port: number;
  start: string;
  last_activity: string;
  rtt?: string;
  uptime: string;
  idle: string;
  pending_bytes: number;
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
  subscriptions: number;
  name?: string;
  lang?: string;
  version?: string;
  authorized_user?: string;
  subscriptions_list?: string[];
  subscriptions_list_detail?: SubscriptionEntry[];
}

export interface SubscriptionEntry {
  subject: string;
  qgroup?: string;
  sid: string;
  msgs: number;
  max?: number;
  cid: number;
}

export interface ConnzOptions {
  sort?: string;
  auth?: boolean;
  subscriptions?: boolean;
  subscriptions_detail?: boolean;
  offset?: number;
  limit?: number;
  cid?: number;
  state?: number;
  filter_subject?: string;
}

export interface Connz {
  num_connections: number;
  total: number;
  offset: number;
  limit: number;
  connections: ConnectionEntry[];
}

const DEFAULT_LIMIT = 1024;
const STATE_CLOSED = 1;

const SORTS: Readonly<Record<string, (left: Client, right: Client) => number>> = {
  cid: (a, b) => a.id - b.id,
  start: (a, b) => a.id - b.id,
  subs: (a, b) => b.routes.size - a.routes.size,
  pending: (a, b) => b.pending - a.pending,
  msgs_to: (a, b) => b.traffic.outMessages - a.traffic.outMessages,
  msgs_from: (a, b) => b.traffic.inMessages - a.traffic.inMessages,
  bytes_to: (a, b) => b.traffic.outBytes - a.traffic.outBytes,
  bytes_from: (a, b) => b.traffic.inBytes - a.traffic.inBytes,
  last: (a, b) => b.pulse.lastHeard - a.pulse.lastHeard,
  idle: (a, b) => a.pulse.lastHeard - b.pulse.lastHeard,
  uptime: (a, b) => a.id - b.id,
};

/** A page of connections, or the words of a refusal. */
export function connz(clients: readonly Client[], options: ConnzOptions, now: number): Connz | string {
  const sort = options.sort || 'cid';
  const order = Object.hasOwn(SORTS, sort) ? SORTS[sort] : undefined;
  if (order === undefined) return `invalid sorting option: ${sort}`;
  const offset = Math.max(0, options.offset ?? 0);
  const single = options.cid !== undefined && options.cid > 0;
  const limit = single ? 1 : (options.limit ?? 0) > 0 ? (options.limit as number) : DEFAULT_LIMIT;
  // Who left is not remembered.
  const open = options.state === STATE_CLOSED ? [] : clients;
  const asked = open.filter((client) => isAskedFor(client, options));
  const chosen = single ? asked.filter((client) => client.id === options.cid) : asked.sort(order);
  const page = chosen.slice(offset, offset + limit);
  return {
    num_connections: page.length,
    total: open.length,
    offset,
    limit,
    connections: page.map((client) => connectionEntry(client, options, now)),
  };
}

export function connectionEntry(client: Client, options: ConnzOptions, now: number): ConnectionEntry {
  const { traffic, admission, introduction } = client;
  const routes = [...client.routes.values()];
  return {
    cid: client.id,
    kind: 'Client',
    type: 'nats',
    ip: client.ip,
    port: client.port,
    start: goTime(client.start),
    last_activity: goTime(client.pulse.lastHeard),
    ...(client.pulse.roundTrip === undefined ? {} : { rtt: goDuration(client.pulse.roundTrip) }),
    uptime: goUptime(now - client.start),
    idle: goUptime(now - client.pulse.lastHeard),
    pending_bytes: client.pending,
    in_msgs: traffic.inMessages,
    out_msgs: traffic.outMessages,
    in_bytes: traffic.inBytes,
    out_bytes: traffic.outBytes,
    subscriptions: routes.length,
    ...(introduction.name ? { name: introduction.name } : {}),
    ...(introduction.lang ? { lang: introduction.lang } : {}),
    ...(introduction.version ? { version: introduction.version } : {}),
    ...(options.auth && admission.user ? { authorized_user: admission.user } : {}),
    ...listed(routes, options),
  };
}

function listed(
  routes: readonly Route<Client>[],
  options: ConnzOptions,
): Pick<ConnectionEntry, 'subscriptions_list' | 'subscriptions_list_detail'> {
  if (routes.length === 0) return {};
  if (options.subscriptions_detail) {
    return { subscriptions_list_detail: routes.map(subscriptionEntry) };
  }
  return options.subscriptions ? { subscriptions_list: routes.map((route) => fromWire(route.subject)) } : {};
}

function subscriptionEntry(route: Route<Client>): SubscriptionEntry {
  return {
    subject: fromWire(route.subject),
    ...(route.queue === undefined ? {} : { qgroup: fromWire(route.queue) }),
    sid: fromWire(route.sid),
    msgs: route.delivered,
    ...(route.max > 0 ? { max: route.max } : {}),
    cid: route.client.id,
  };
}

function isAskedFor(client: Client, options: ConnzOptions): boolean {
  if (!options.filter_subject) return true;
  const wanted = toWire(options.filter_subject);
  return [...client.routes.values()].some((route) => covers(route.subject, wanted));
}
