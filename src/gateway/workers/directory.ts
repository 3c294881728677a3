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

/** Who works over HTTP: for people and for `status`; nothing is decided by it. */
export class Directory {
  readonly #bucket: Bucket;
  readonly #clock: Clock;
  readonly #gateway: string;
  /** Workers that poll under a name, and when that was last written. */
  readonly #polled = new Map<string, number>();
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
      last_seen: wireTime(this.#clock.now()),
    };
    // A bus that is away must not end a stream: the next word comes soon.
    await this.#bucket.put(keyOf(workerId, connection), JSON.stringify(entry)).catch(() => {});
  }

  /** A poll that says whose it is. */
  polled(asked: Asked): void {
    const { workerId } = asked;
    if (workerId === undefined) return;
    const now = this.#clock.elapsed();
    const last = this.#polled.get(workerId);
    if (last !== undefined && now - last < AGAIN_MS) return;
    for (const [id, at] of this.#polled) if (now - at > TTL_MS) this.#polled.delete(id);
    this.#polled.set(workerId, now);
    void this.note(asked, 'poll', 'poll', this.#clock.now());
  }

  async forget(workerId: string, connection: string): Promise<void> {
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
