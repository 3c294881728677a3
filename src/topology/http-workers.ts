import { readJsonObject } from '../contract/decode-json.ts';
import { isJsonObject, type JsonObject } from '../contract/json.ts';
import { EVERY_TIER } from './role.ts';

/** On which every gateway that is asked tells who works over HTTP with it. Nothing else is ever sent there. */
export const GATEWAY_WORKERS = 'heddle.gateway.workers';

/** Workers over HTTP, as the gateways say: no server sees them. */
export interface HttpWorkers {
  /** What is not known of them, in words; empty when every gateway has told. */
  readonly unknown: readonly string[];
  /** By gateway, type and tier. */
  readonly lanes: readonly HttpLane[];
  readonly workers: readonly HttpWorker[];
}

/** Tasks of one type and tier that a gateway hands out. */
export interface HttpLane {
  readonly gateway: string;
  readonly type: string;
  readonly tier: string;
  readonly mode: 'core' | 'durable';
  /** Those that give a name, and were heard of in the last minute. */
  readonly workers: number;
  /** Polls that wait, and say no name. */
  readonly unnamedPolls: number;
  /** Handed out, and without an answer. */
  readonly leases: number;
  /** Waiting in a gateway for a worker. */
  readonly buffered: number;
  /** The stream that keeps them takes no more. */
  readonly full: boolean;
}

/** One that said its name. */
export interface HttpWorker {
  readonly gateway: string;
  readonly workerId: string;
  /** `ocr.local` */
  readonly lanes: readonly string[];
  readonly connectedBy: 'stream' | 'poll';
  readonly lastSeen: string;
}

/** What one replica of a gateway says. */
export interface GatewayWord {
  readonly gateway: string;
  readonly replica: string;
  readonly lanes: readonly Omit<HttpLane, 'gateway' | 'workers'>[];
  readonly workers: readonly Omit<HttpWorker, 'gateway'>[];
  /** Too many for one message. */
  readonly unlisted: number;
}

/** Where nobody asked: nothing is known, which is not that nobody is there. */
export const HTTP_UNASKED: HttpWorkers = { unknown: ['the gateways were not asked'], lanes: [], workers: [] };
/** Where there is no gateway. */
export const HTTP_NONE: HttpWorkers = { unknown: [], lanes: [], workers: [] };

/** How many of them there are, as far as they show themselves. */
export function countOf({ workers, unnamedPolls }: Pick<HttpLane, 'workers' | 'unnamedPolls'>): number {
  return workers + unnamedPolls;
}

/** The lanes of a type, and of a tier where one is given; a tier of `*` is all of them. */
export function lanesFor({ lanes }: HttpWorkers, type: string, tier: string | undefined): readonly HttpLane[] {
  return lanes.filter(
    (each) => each.type === type && (tier === undefined || tier === EVERY_TIER || each.tier === tier),
  );
}

/** One picture out of what the replicas say: a worker that asks several of them is one worker. */
export function gather(words: readonly GatewayWord[], unknown: readonly string[]): HttpWorkers {
  const workers = new Map<string, HttpWorker>();
  const lanes = new Map<string, HttpLane>();
  for (const { gateway, workers: theirs } of words) {
    for (const each of theirs) {
      const key = `${gateway} ${each.workerId}`;
      const before = workers.get(key);
      const all = [...new Set([...(before?.lanes ?? []), ...each.lanes])].sort();
      const newer = before === undefined || each.lastSeen > before.lastSeen ? { ...each, gateway } : before;
      workers.set(key, { ...newer, lanes: all });
    }
  }
  const named = [...workers.values()].sort((a, b) => compare(a.gateway, b.gateway) || compare(a.workerId, b.workerId));
  for (const { gateway, lanes: theirs } of words) {
    for (const { type, tier, mode, unnamedPolls, leases, buffered, full } of theirs) {
      const key = `${gateway} ${type}.${tier}`;
      const before = lanes.get(key);
      lanes.set(key, {
        ...{ gateway, type, tier, mode },
        workers: named.filter((each) => each.gateway === gateway && each.lanes.includes(`${type}.${tier}`)).length,
        unnamedPolls: unnamedPolls + (before?.unnamedPolls ?? 0),
        leases: leases + (before?.leases ?? 0),
        buffered: buffered + (before?.buffered ?? 0),
        full: full || before?.full === true,
      });
    }
  }
  const unlisted = words.reduce((sum, each) => sum + each.unlisted, 0);
  return {
    unknown: unlisted === 0 ? unknown : [...unknown, `${unlisted} more workers over HTTP than one message can name`],
    lanes: [...lanes.values()].sort(
      (a, b) => compare(a.type, b.type) || compare(a.tier, b.tier) || compare(a.gateway, b.gateway),
    ),
    workers: named,
  };
}

/** As it travels; a gateway writes it, and `readWord` reads it. */
export function wordText({ gateway, replica, lanes, workers, unlisted }: GatewayWord): string {
  return JSON.stringify({
    schema_version: 1,
    gateway,
    replica,
    lanes: lanes.map(({ unnamedPolls, ...lane }) => ({ ...lane, unnamed_polls: unnamedPolls })),
    workers: workers.map((each) => ({
      worker_id: each.workerId,
      lanes: each.lanes,
      connected_by: each.connectedBy,
      last_seen: each.lastSeen,
    })),
    unlisted,
  });
}

/** undefined for what no gateway says. */
export function readWord(data: Uint8Array): GatewayWord | undefined {
  const read = readJsonObject(data);
  if (!read.ok) return undefined;
  const { gateway, replica, lanes, workers, unlisted } = read.value;
  if (typeof gateway !== 'string' || typeof replica !== 'string') return undefined;
  return {
    gateway,
    replica,
    lanes: objectsIn(lanes).map((lane) => ({
      type: textOf(lane.type),
      tier: textOf(lane.tier),
      mode: lane.mode === 'durable' ? 'durable' : 'core',
      unnamedPolls: numberOf(lane.unnamed_polls),
      leases: numberOf(lane.leases),
      buffered: numberOf(lane.buffered),
      full: lane.full === true,
    })),
    workers: objectsIn(workers).map((each) => ({
      workerId: textOf(each.worker_id),
      lanes: Array.isArray(each.lanes) ? each.lanes.map(textOf) : [],
      connectedBy: each.connected_by === 'stream' ? 'stream' : 'poll',
      lastSeen: textOf(each.last_seen),
    })),
    unlisted: numberOf(unlisted),
  };
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
