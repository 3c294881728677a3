import type { BusSubscription, Connection, ServerPage } from './connection.ts';

export type PageReading =
  | { readonly ok: true; readonly page: ServerPage }
  | { readonly ok: false; readonly reason: string };

/** Who asked, so that the asker's own connection is not taken for an actor. */
export interface Self {
  readonly serverId: string;
  readonly clientId: number | undefined;
}

/**
 * Reads one `connz` document: as the bus wraps it (`{server, data}` or `{server, error}`), and as the monitoring port
 * writes it. A server's answer is data like any other: what is missing or of the wrong type is left out, never trusted.
 */
export function readPage(text: string, self?: Self): PageReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the server answered with something that is not JSON' };
  }
  const outer = record(parsed);
  if (outer === undefined) return { ok: false, reason: 'the server answered with JSON that is not an object' };
  const error = record(outer.error);
  if (error !== undefined) {
    return { ok: false, reason: `the server refused: ${string(error.description) ?? 'no reason given'}` };
  }
  const wrapper = record(outer.server) ?? {};
  const data = record(outer.data) ?? outer;
  const id = string(data.server_id) ?? string(wrapper.id);
  if (id === undefined || !Array.isArray(data.connections)) {
    return { ok: false, reason: 'the server answered with a document that lists no connections' };
  }
  const connections = data.connections.flatMap((each: unknown) => readConnection(each, id, self));
  const total = count(data.total) ?? connections.length;
  return {
    ok: true,
    page: {
      server: {
        id,
        name: string(wrapper.name),
        version: string(wrapper.ver),
        cluster: string(wrapper.cluster),
        jetstream: typeof wrapper.jetstream === 'boolean' ? wrapper.jetstream : undefined,
        time: string(wrapper.time) ?? string(data.now),
        connections: total,
      },
      total,
      offset: count(data.offset) ?? 0,
      limit: count(data.limit) ?? connections.length,
      connections,
    },
  };
}

function readConnection(value: unknown, serverId: string, self: Self | undefined): Connection[] {
  const from = record(value);
  const cid = count(from?.cid);
  if (from === undefined || cid === undefined) return [];
  const subscriptions = readSubscriptions(from);
  const ip = string(from.ip);
  const rtt = string(from.rtt);
  const ended = string(from.stop);
  return [
    {
      serverId,
      cid,
      kind: string(from.kind) ?? 'Client',
      name: string(from.name),
      lang: string(from.lang),
      version: string(from.version),
      address: ip === undefined ? undefined : `${ip.includes(':') ? `[${ip}]` : ip}:${count(from.port) ?? 0}`,
      startedAt: string(from.start),
      lastActivity: string(from.last_activity),
      rttMs: rtt === undefined ? undefined : goDurationMs(rtt),
      pendingBytes: count(from.pending_bytes) ?? 0,
      ...(ended === undefined ? {} : { ended: { at: ended, reason: string(from.reason) ?? '' } }),
      subscriptions,
      unlisted: Math.max(0, (count(from.subscriptions) ?? 0) - subscriptions.length),
      self: self !== undefined && self.serverId === serverId && self.clientId === cid,
    },
  ];
}

function readSubscriptions(from: Readonly<Record<string, unknown>>): BusSubscription[] {
  const list = from.subscriptions_list_detail;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const one = record(each);
    const subject = string(one?.subject);
    if (one === undefined || subject === undefined) return [];
    return [{ subject, queue: string(one.qgroup), received: count(one.msgs) ?? 0 }];
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** An empty text says no more than an absent one. */
function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

const MS_PER: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads what a Go server prints for a duration (`368µs`, `1.5s`, `1m2.5s`) as milliseconds. */
export function goDurationMs(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (found === null) return undefined;
    total += Number(found[1]) * (MS_PER[found[2] as string] as number);
    at = part.lastIndex;
  }
  return at === 0 ? undefined : Math.round(total * 1000) / 1000;
}
