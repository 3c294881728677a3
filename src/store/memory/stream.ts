import { type Clock, systemClock } from '../../time/clock.ts';
import { isClosed, notThere, tooLarge } from '../failure.ts';
import { checkAppend, checkLimits, refuseForeign } from '../guards.ts';
import { bytesOf, headersOf, matchesChoice } from '../kept.ts';
import { dedupeMsOf, differencesOf, withLimits } from '../limits.ts';
import { type Cursor, type Source, SourceReading } from '../reading.ts';
import { RecentIds } from '../recent-ids.ts';
import type {
  Appended,
  AppendOptions,
  Ensured,
  Kept,
  PurgeChoice,
  Reading,
  ReadOptions,
  Stream,
  StreamInfo,
  StreamLimits,
} from '../stream.ts';
import { Waiting } from '../waiting.ts';

/** Memory is bounded, whether somebody thought of it or not. */
const MOST_BYTES = 64 * 1024 * 1024;
/** What a message costs besides its data, about. */
const OVERHEAD_BYTES = 128;
const AT_ONCE = 256;

/** A stream of this process, gone with it. */
export class MemoryStream implements Stream {
  readonly name: string;
  readonly #clock: Clock;
  readonly #ids = new RecentIds();
  readonly #news = new Waiting();
  readonly #over = new AbortController();
  /** The first `#head` of them are gone already; they leave the array in one go, now and then. */
  #kept: Kept[] = [];
  #head = 0;
  #last = 0;
  #lastAt = 0;
  #bytes = 0;
  #limits: StreamLimits | undefined;

  constructor(name: string, clock: Clock = systemClock) {
    this.name = name;
    this.#clock = clock;
  }

  async ensure(limits: StreamLimits, { change = false } = {}): Promise<Ensured> {
    checkLimits(limits);
    this.#refuseClosed();
    if (this.#limits === undefined) {
      this.#limits = withLimits<StreamLimits>({ maxBytes: MOST_BYTES }, limits);
      return { made: true, differences: [], changed: false };
    }
    const differences = differencesOf({ ...this.#limits, dedupeMs: dedupeMsOf(this.#limits) }, { ...limits });
    const changed = change && differences.length > 0;
    if (changed) {
      this.#limits = withLimits(this.#limits, limits);
      this.#evict();
    }
    return { made: false, differences, changed };
  }

  async append(data: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    const limits = this.#standing();
    const subject = checkAppend(options, limits.subjects);
    const { id, headers } = options;
    const now = this.#clock.now();
    const known = id === undefined ? undefined : this.#ids.find(id, now, dedupeMsOf(limits));
    if (known !== undefined) return { seq: known, duplicate: true };
    // Clocks are set back, and the past stays in order.
    const at = Math.max(now, this.#lastAt);
    const seq = this.#last + 1;
    const kept: Kept = { kind: 'kept', seq, at, subject, data: bytesOf(data), headers: headersOf(headers), id };
    const size = sizeOf(kept);
    if (limits.maxBytes !== undefined && size > limits.maxBytes) {
      throw tooLarge(`a message for the stream ${JSON.stringify(this.name)}`, size, limits.maxBytes);
    }
    this.#kept.push(kept);
    this.#last = kept.seq;
    this.#lastAt = at;
    this.#bytes += size;
    if (id !== undefined) this.#ids.add(id, kept.seq, at);
    this.#evict();
    this.#news.wake();
    return { seq: kept.seq, duplicate: false };
  }

  read(options: ReadOptions = {}): Reading {
    const { signal } = options;
    const over = this.#over.signal;
    return new SourceReading(this.#source(options.subject), {
      ...options,
      signal: signal === undefined ? over : AbortSignal.any([signal, over]),
    });
  }

  async info(): Promise<StreamInfo> {
    const limits = this.#standing();
    this.#evict();
    const messages = this.#kept.length - this.#head;
    return {
      name: this.name,
      limits: { ...limits, dedupeMs: dedupeMsOf(limits) },
      first: this.#first(),
      last: this.#last,
      firstAt: this.#kept[this.#head]?.at,
      messages,
      bytes: this.#bytes,
      evicted: this.#last - messages,
    };
  }

  async purge(choice: PurgeChoice = {}): Promise<number> {
    this.#standing();
    return this.#removeWhere(matchesChoice(choice));
  }

  async remove(seqs: readonly number[]): Promise<number> {
    this.#standing();
    const gone = new Set(seqs);
    return this.#removeWhere(({ seq }) => gone.has(seq));
  }

  async destroy(): Promise<void> {
    this.#refuseClosed();
    this.#removeWhere(() => true);
    this.#limits = undefined;
    this.#last = 0;
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#kept = [];
    this.#head = 0;
  }

  #removeWhere(goes: (kept: Kept) => boolean): number {
    const before = this.#kept.length - this.#head;
    this.#kept = this.#kept.slice(this.#head).filter((kept) => !goes(kept));
    this.#head = 0;
    this.#bytes = this.#kept.reduce((sum, kept) => sum + sizeOf(kept), 0);
    return before - this.#kept.length;
  }

  #first(): number {
    return this.#kept[this.#head]?.seq ?? this.#last + 1;
  }

  #standing(): StreamLimits {
    this.#refuseClosed();
    if (this.#limits === undefined) throw notThere('stream', this.name, 'memory');
    return this.#limits;
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('stream', this.name);
  }

  #evict(): void {
    const { maxMessages = Number.POSITIVE_INFINITY, maxBytes = MOST_BYTES, maxAgeMs } = this.#limits ?? {};
    const tooOld = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#clock.now() - maxAgeMs;
    for (;;) {
      const oldest = this.#kept[this.#head];
      if (oldest === undefined) break;
      if (this.#kept.length - this.#head <= maxMessages && this.#bytes <= maxBytes && oldest.at > tooOld) break;
      this.#bytes -= sizeOf(oldest);
      this.#head += 1;
    }
    if (this.#head > AT_ONCE && this.#head * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }

  #source(subject: string | undefined): Source {
    return {
      bounds: async () => {
        refuseForeign(subject, this.#standing().subjects);
        this.#evict();
        return { first: this.#first(), last: this.#last };
      },
      cursor: (from) => this.#cursor('seq' in from ? from.seq : 1),
    };
  }

  #cursor(from: number): Cursor {
    let position = from;
    let seen = this.#news.version;
    return {
      next: async () => {
        seen = this.#news.version;
        this.#evict();
        const start = this.#indexOf(position);
        const batch = this.#kept.slice(start, start + AT_ONCE);
        position = (batch.at(-1)?.seq ?? position - 1) + 1;
        return batch;
      },
      more: (signal) => this.#news.since(seen, signal),
      close: async () => {},
    };
  }

  /** Where the first message of this sequence or a higher one stands. */
  #indexOf(seq: number): number {
    let low = this.#head;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf({ data, subject = '', headers, id = '' }: Kept): number {
  let size = data.length + subject.length + id.length + OVERHEAD_BYTES;
  for (const [name, value] of Object.entries(headers ?? {})) size += name.length + value.length;
  return size;
}
