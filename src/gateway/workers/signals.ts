import { createHash } from 'node:crypto';
import type { Bucket } from '../../store/bucket.ts';

const HOUR_MS = 3_600_000;

/**
 * Words from one task of a run to another. A signal stays for an hour and is not used up by who waits for it: who comes later, or asks
 * again, has it too.
 */
export class Signals {
  readonly #bucket: Bucket;
  /** Shared by the replicas; else they end with the process. */
  readonly areKept: boolean;

  constructor(bucket: Bucket, areKept: boolean) {
    this.#bucket = bucket;
    this.areKept = areKept;
  }

  async open(mostBytes: number): Promise<void> {
    await this.#bucket.ensure({ ttlMs: HOUR_MS, maxValueBytes: mostBytes, maxBytes: 64 * 1024 * 1024 });
  }

  async send(runId: string, name: string, data: string): Promise<void> {
    await this.#bucket.put(keyOf(runId, name), data);
  }

  /** The data as JSON text; undefined when `signal` aborts before. */
  async wait(runId: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const pattern = keyOf(runId, name);
    for await (const change of this.#bucket.watch({ pattern, signal })) {
      if (change.kind === 'put') return Buffer.from(change.value).toString();
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}

/** Both are texts of the user's own, and a key takes only some characters. */
function keyOf(runId: string, name: string): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
  return `${hash(runId)}.${hash(name)}`;
}
