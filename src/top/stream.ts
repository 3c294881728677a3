import { type Filter, manySoon } from '../tail/filter.ts';
import type { GapRecord, MessageRecord } from '../tail/record.ts';
import { KeptMessage } from './kept-message.ts';

/** What a person can look back at. */
const MOST = 500;
const MOST_BYTES = 2 * 1024 * 1024;
/** Moving the rest is cheap when it is done seldom. */
const SLACK = 1.25;
/** Judged at a time when patterns are asked, and no more are kept for that. */
const MOST_WAITING = 2000;

export type Streamed = KeptMessage | GapRecord;

/** The last messages that pass a filter, in the order they came, and the gaps between them. */
export class Stream {
  #kept: Streamed[] = [];
  #bytes = 0;
  #filter: Filter | undefined;
  #waiting: KeptMessage[] = [];
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

  /** From now on; of what is kept, the rest goes at once, and with it what comes behind those that a pattern took too long over. */
  filterBy(filter: Filter | undefined): void {
    this.#filter = filter;
    this.#passed = 0;
    this.#unjudged = 0;
    this.#waiting = [];
    if (filter === undefined) return;
    const messages = this.#kept.filter((each) => each.record === 'message');
    const verdicts = manySoon(filter, messages);
    const dropped = new Set(messages.filter((_, at) => (verdicts[at] ?? 'drop') === 'drop'));
    this.#unjudged = messages.length - verdicts.length;
    this.#kept = this.#kept.filter((each) => each.record !== 'message' || !dropped.has(each));
    this.#bytes = this.#kept.reduce((sum, each) => sum + sizeOf(each), 0);
    this.#passed = messages.length - dropped.size;
  }

  add(record: MessageRecord | GapRecord): void {
    if (record.record === 'gap') {
      this.judge();
      // They came before it.
      this.#unjudged += this.#waiting.length;
      this.#waiting = [];
      return this.#keep(record);
    }
    if (this.#filter === undefined || this.#filter.one?.(record) === true) return this.#pass(new KeptMessage(record));
    if (this.#filter.one !== undefined) return;
    if (this.#waiting.length >= MOST_WAITING) this.#unjudged += 1;
    else this.#waiting.push(new KeptMessage(record));
  }

  /** What waits for patterns: many at a time cost no more than one. What comes behind one that took too long waits for the next time. */
  judge(): void {
    const waiting = this.#waiting;
    if (this.#filter === undefined || waiting.length === 0) return;
    const verdicts = this.#filter.many(waiting, true);
    this.#waiting = waiting.slice(verdicts.length);
    for (const [at, verdict] of verdicts.entries()) {
      const record = waiting[at];
      if (record !== undefined && verdict !== 'drop') {
        this.#pass(verdict === 'undecided' ? new KeptMessage(record, true) : record);
      }
    }
  }

  #pass(record: KeptMessage): void {
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
}

function sizeOf(record: Streamed | undefined): number {
  return record?.record === 'message' ? record.size : 0;
}
