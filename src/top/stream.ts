import type { Filter } from '../tail/filter.ts';
import type { GapRecord, MessageRecord } from '../tail/record.ts';

/** What a person can look back at. */
const MOST = 500;
const MOST_BYTES = 2 * 1024 * 1024;
/** Moving the rest is cheap when it is done seldom. */
const SLACK = 1.25;
/** Small messages share a piece of memory, which lives as long as the last of them. */
const SLAB = 64 * 1024;
/** Judged at a time when patterns are asked, and no more are kept for that. */
const MOST_WAITING = 2000;

export type Streamed = MessageRecord | GapRecord;

/** The last messages that pass a filter, in the order they came, and the gaps between them. */
export class Stream {
  #kept: Streamed[] = [];
  #bytes = 0;
  #slab = new Uint8Array(SLAB);
  #used = 0;
  #filter: Filter | undefined;
  #waiting: MessageRecord[] = [];
  #passed = 0;
  #unjudged = 0;

  get records(): readonly Streamed[] {
    return this.#kept;
  }

  /** Since the filter was set. */
  get passed(): number {
    return this.#passed;
  }

  /** Too many at a time for the patterns of the filter; nobody knows whether they would have passed. */
  get unjudged(): number {
    return this.#unjudged;
  }

  /** From now on; of what is kept, the rest goes at once. */
  filterBy(filter: Filter | undefined): void {
    this.#filter = filter;
    this.#passed = 0;
    this.#unjudged = 0;
    this.#waiting = [];
    if (filter === undefined) return;
    const messages = this.#kept.filter((each) => each.record === 'message');
    const verdicts = filter.many(messages);
    const dropped = new Set(messages.filter((_, at) => verdicts[at] === 'drop'));
    this.#kept = this.#kept.filter((each) => each.record !== 'message' || !dropped.has(each));
    this.#bytes = this.#kept.reduce((sum, each) => sum + sizeOf(each), 0);
    this.#passed = messages.length - dropped.size;
  }

  add(record: Streamed): void {
    if (record.record === 'gap') {
      this.judge();
      return this.#keep(record);
    }
    if (this.#filter === undefined || this.#filter.one?.(record) === true) return this.#pass(this.#copied(record));
    if (this.#filter.one !== undefined) return;
    if (this.#waiting.length >= MOST_WAITING) this.#unjudged += 1;
    else this.#waiting.push(this.#copied(record));
  }

  /** What waits for patterns: many at a time cost no more than one. */
  judge(): void {
    const waiting = this.#waiting;
    if (this.#filter === undefined || waiting.length === 0) return;
    this.#waiting = [];
    for (const [at, verdict] of this.#filter.many(waiting).entries()) {
      const record = waiting[at];
      if (record !== undefined && verdict !== 'drop') {
        this.#pass(verdict === 'undecided' ? { ...facesOf(record), undecided: true } : record);
      }
    }
  }

  #pass(record: MessageRecord): void {
    this.#passed += 1;
    this.#keep(record);
  }

  #keep(record: Streamed): void {
    this.#kept.push(record);
    this.#bytes += sizeOf(record);
    if (this.#kept.length <= SLACK * MOST && this.#bytes <= SLACK * MOST_BYTES) return;
    let gone = Math.max(0, this.#kept.length - MOST);
    let left = this.#bytes - this.#kept.slice(0, gone).reduce((sum, each) => sum + sizeOf(each), 0);
    while (left > MOST_BYTES && gone < this.#kept.length - 1) {
      left -= sizeOf(this.#kept[gone]);
      gone += 1;
    }
    this.#kept = this.#kept.slice(gone);
    this.#bytes = left;
  }

  /** Its bytes are somebody else's, and are written over. */
  #copied(record: MessageRecord): MessageRecord {
    const { bytes } = record;
    if (bytes.length > SLAB / 4) return { ...facesOf(record), bytes: bytes.slice() };
    if (this.#used + bytes.length > SLAB) {
      this.#slab = new Uint8Array(SLAB);
      this.#used = 0;
    }
    const copy = this.#slab.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    return { ...facesOf(record), bytes: copy };
  }
}

/** Some of it is worked out when it is asked for, which a copy must not lose. */
function facesOf({ record, subject, receivedAt, bytes, decoded, facts, pair, lint, undecided }: MessageRecord) {
  return { record, subject, receivedAt, bytes, decoded, facts, pair, lint, undecided };
}

function sizeOf(record: Streamed | undefined): number {
  return record?.record === 'message' ? record.bytes.length : 0;
}
