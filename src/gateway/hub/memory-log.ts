import type { Clock, Timer } from '../../time/clock.ts';
import { addressToken } from '../requests/record.ts';
import { concerns, type Interest, type Notice, type Told } from './frame.ts';
import type { FrameLog, LogListener } from './frame-log.ts';

/** What is kept for one client, and for all clients of an owner together. */
const RING = { frames: 256, bytes: 1024 * 1024 };
/** Of all rings together. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_KEYS = 10_000;
/** Longer text is kept as bytes, in memory that the next one gets. */
const LONG = 16 * 1024;
const PAGE = 4 * 1024;

interface Kept {
  readonly told: Told;
  readonly at: number;
  readonly bytes: number;
  /** In which its data lies, where that is ours alone. */
  readonly memory: Buffer | undefined;
}

interface Ring {
  readonly kept: Kept[];
  /** Those who read in it: what they found stays as it is. */
  readers: number;
  bytes: number;
  /** The offset of the latest frame that is kept no more. */
  lost: number;
}

/** The log of one process, gone with it. Nobody's frames push out those of another, unless memory itself runs short. */
export class MemoryLog implements FrameLog {
  readonly kind = 'memory';
  readonly epoch: string;
  readonly #keepMs: number;
  readonly #clock: Clock;
  readonly #listener: LogListener;
  readonly #sweep: Timer;
  /** By owner, then by client; '' stands for all clients. */
  readonly #rings = new Map<string, Map<string, Ring>>();
  readonly #keys = new Set<string>();
  /** The latest frame whose ring is gone as a whole. */
  #forgotten = 0;
  #bytes = 0;
  #last = 0;

  constructor(epoch: string, keepMs: number, clock: Clock, listener: LogListener) {
    this.epoch = epoch;
    this.#keepMs = keepMs;
    this.#clock = clock;
    this.#listener = listener;
    this.#sweep = clock.every(Math.max(1_000, keepMs / 4), () => this.#tidy());
    clock.unref(this.#sweep);
  }

  get last(): number {
    return this.#last;
  }

  async append({ key, to, request, event, data }: Notice): Promise<void> {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.values().next().value ?? key);
    this.#last += 1;
    const client = to.client === undefined ? undefined : addressToken(to.client);
    const told: Told = { offset: this.#last, owner: addressToken(to.owner), client, request, event, data };
    this.#keep(this.#ringOf(told.owner, client ?? ''), told);
    if (this.#bytes > MOST_BYTES) this.#makeRoom();
    this.#listener.told(told);
  }

  #keep(ring: Ring, told: Told): void {
    const { data } = told;
    const isLong = typeof data === 'string' && data.length > LONG;
    // Text of one byte a letter takes one, any other two.
    const bytes = isLong ? Buffer.byteLength(data) : typeof data === 'string' ? data.length * 2 : data.length;
    let memory: Buffer | undefined;
    while (ring.kept.length > 0 && (ring.kept.length >= RING.frames || ring.bytes + bytes > RING.bytes)) {
      const freed = this.#drop(ring);
      if (freed !== undefined && freed.length >= bytes) memory = freed;
    }
    if (bytes > RING.bytes) {
      ring.lost = told.offset;
      return;
    }
    if (isLong) memory ??= Buffer.allocUnsafeSlow(Math.ceil(bytes / PAGE) * PAGE);
    const kept = isLong && memory !== undefined ? { ...told, data: memory.subarray(0, memory.write(data)) } : told;
    ring.kept.push({ told: kept, at: this.#clock.elapsed(), bytes, memory: isLong ? memory : undefined });
    ring.bytes += bytes;
    this.#bytes += bytes;
  }

  async reach(interest: Interest): Promise<{ from: number; to: number }> {
    const lost = this.#ringsFor(interest).map((ring) => ring.lost);
    return { from: Math.max(this.#forgotten, ...lost), to: this.#last };
  }

  async *replay(interest: Interest, after: number, signal: AbortSignal): AsyncGenerator<Told> {
    const rings = this.#ringsFor(interest);
    const found = rings
      .flatMap(({ kept }) => kept.map(({ told }) => told))
      .filter((told) => told.offset > after && concerns(interest, told))
      .sort((a, b) => a.offset - b.offset);
    for (const ring of rings) ring.readers += 1;
    try {
      for (const told of found) {
        if (signal.aborted) return;
        yield told;
      }
    } finally {
      for (const ring of rings) ring.readers -= 1;
    }
  }

  async close(): Promise<void> {
    this.#clock.cancel(this.#sweep);
    this.#rings.clear();
  }

  #ringOf(owner: string, client: string): Ring {
    const clients = this.#rings.get(owner) ?? new Map<string, Ring>();
    this.#rings.set(owner, clients);
    const ring = clients.get(client) ?? { kept: [], readers: 0, bytes: 0, lost: 0 };
    clients.set(client, ring);
    return ring;
  }

  #ringsFor({ owner, client, request }: Interest): Ring[] {
    const clients = this.#rings.get(owner);
    if (clients === undefined) return [];
    return request === undefined ? ['', client].flatMap((each) => clients.get(each) ?? []) : [...clients.values()];
  }

  /** Tells the memory that nobody needs any more. */
  #drop(ring: Ring): Buffer | undefined {
    const oldest = ring.kept.shift();
    if (oldest === undefined) return undefined;
    ring.bytes -= oldest.bytes;
    this.#bytes -= oldest.bytes;
    ring.lost = oldest.told.offset;
    return ring.readers === 0 ? oldest.memory : undefined;
  }

  /** The largest gives first. */
  #makeRoom(): void {
    const all = [...this.#rings.values()].flatMap((clients) => [...clients.values()]).sort((a, b) => b.bytes - a.bytes);
    for (const ring of all) {
      while (this.#bytes > MOST_BYTES * 0.75 && ring.kept.length > 0) this.#drop(ring);
      if (this.#bytes <= MOST_BYTES * 0.75) return;
    }
  }

  #tidy(): void {
    const tooOld = this.#clock.elapsed() - this.#keepMs;
    for (const [owner, clients] of this.#rings) {
      for (const [client, ring] of clients) {
        while (ring.kept[0] !== undefined && ring.kept[0].at <= tooOld) this.#drop(ring);
        if (ring.kept.length > 0) continue;
        this.#forgotten = Math.max(this.#forgotten, ring.lost);
        clients.delete(client);
      }
      if (clients.size === 0) this.#rings.delete(owner);
    }
  }
}
