import { createHash } from 'node:crypto';
import { readJsonObject } from '../../contract/decode-json.ts';
import { wireTime } from '../../contract/wire-time.ts';
import type { Bucket } from '../../store/bucket.ts';
import type { Clock } from '../../time/clock.ts';
import type { Asked } from './asked.ts';

/** Without a word for so long, a worker is gone. */
const TTL_MS = 60_000;
/** Between two words of a worker that polls. */
const AGAIN_MS = 20_000;

/** A worker that this replica heard of itself. */
export interface Seen {
  readonly workerId: string;
  readonly lanes: readonly string[];
  readonly connectedBy: 'stream' | 'poll';
  readonly lastSeen: string;
}

/** Who works over HTTP: for people and for `status`; nothing is decided by it. */
export class Directory {
  readonly #bucket: Bucket;
  readonly #clock: Clock;
  readonly #gateway: string;
  /** Workers that poll under a name, and when that was last written. */
  readonly #polled = new Map<string, number>();
  /** Heard of by this replica, by key, with when. */
  readonly #here = new Map<string, { readonly seen: Seen; readonly at: number }>();
  /** Polls without a name that wait here, by lane. */
  readonly #unnamed = new Map<string, number>();
  /** Every replica sees all of them. */
  readonly isShared: boolean;

  constructor(bucket: Bucket, clock: Clock, gateway: string, isShared: boolean) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#gateway = gateway;
    this.isShared = isShared;
  }

  async open(): Promise<void> {
    await this.#bucket.ensure({ ttlMs: TTL_MS, maxValueBytes: 16_384, maxBytes: 64 * 1024 * 1024 });
  }

  /** Each connection stands under a key of its own: one of two that ends does not take the other one out. */
  async note(asked: Asked, connection: string, how: 'stream' | 'poll', since: number): Promise<void> {
    const { workerId = '', taskTypes, maxTasks, push } = asked;
    const lanes = asked.lanes.map(({ name }) => name);
    const lastSeen = wireTime(this.#clock.now());
    const seen = { workerId, lanes, connectedBy: how, lastSeen };
    this.#here.set(keyOf(workerId, connection), { seen, at: this.#clock.elapsed() });
    const entry = {
      worker_id: workerId,
      task_types: taskTypes,
      language: 'http',
      transport: 'bridge',
      max_tasks: maxTasks,
      connected_by: how,
      push,
      gateway: this.#gateway,
      connected_at: wireTime(since),
      last_seen: lastSeen,
    };
    // A bus that is away must not end a stream: the next word comes soon.
    await this.#bucket.put(keyOf(workerId, connection), JSON.stringify(entry)).catch(() => {});
  }

  /** A poll that waits, whether it says whose it is or not. Returns what to call when it waits no more. */
  polled(asked: Asked): () => void {
    if (asked.workerId !== undefined) {
      this.#polledBy(asked.workerId, asked);
      return () => {};
    }
    const count = (by: number): void => {
      for (const { name } of asked.lanes) this.#unnamed.set(name, this.unnamedPolls(name) + by);
    };
    count(1);
    return () => count(-1);
  }

  unnamedPolls(lane: string): number {
    return this.#unnamed.get(lane) ?? 0;
  }

  /** What this replica heard of itself in the last minute, in the order in which it was first heard of. */
  here(): readonly Seen[] {
    const from = this.#clock.elapsed() - TTL_MS;
    for (const [key, { at }] of this.#here) if (at < from) this.#here.delete(key);
    return [...this.#here.values()].map(({ seen }) => seen);
  }

  #polledBy(workerId: string, asked: Asked): void {
    const now = this.#clock.elapsed();
    const last = this.#polled.get(workerId);
    if (last !== undefined && now - last < AGAIN_MS) return;
    for (const [id, at] of this.#polled) if (now - at > TTL_MS) this.#polled.delete(id);
    this.#polled.set(workerId, now);
    void this.note(asked, 'poll', 'poll', this.#clock.now());
  }

  async forget(workerId: string, connection: string): Promise<void> {
    this.#here.delete(keyOf(workerId, connection));
    await this.#bucket.delete(keyOf(workerId, connection)).catch(() => {});
  }

  /** In the order of their names. */
  async list(): Promise<readonly Record<string, unknown>[]> {
    const entries = await Promise.all((await this.#bucket.keys()).map((key) => this.#bucket.get(key)));
    const workers = entries.flatMap((entry) => {
      const read = entry === undefined ? undefined : readJsonObject(entry.value);
      return read?.ok === true ? [read.value as Record<string, unknown>] : [];
    });
    return workers.sort((one, other) => (String(one.worker_id) < String(other.worker_id) ? -1 : 1));
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}

function keyOf(workerId: string, connection: string): string {
  return `${createHash('sha256').update(workerId).digest('base64url')}.${connection}`;
}
