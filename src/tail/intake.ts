import { BlockPool, RawQueue, type WaitingMessage } from './raw-queue.ts';
import type { GapRecord, MessageRecord, OrphanRecord, SummaryRecord, TailRecord } from './record.ts';
import type { Tally } from './tally.ts';

/** A gap that is still being asked about: it holds back what came after it. */
export interface GapQuestion {
  readonly record: 'question';
  gap: GapRecord;
  pending: boolean;
}

/** What waits to be judged, messages aside. */
export type OwnUnjudged = GapQuestion | OrphanRecord | SummaryRecord;
export type Unjudged = WaitingMessage<never> | OwnUnjudged;
/** What waits for the output, messages aside. */
type OwnJudged = GapRecord | OrphanRecord | SummaryRecord;
/** What judging found out about a message that has to wait. */
export type Findings = Pick<MessageRecord, 'pair' | 'lint' | 'undecided'>;
export type Judged = WaitingMessage<Findings> | OwnJudged;

/** Dropped at once when there are too many bytes, so that this is not done for each message. */
const DROP_BYTES = 512 * 1024;
/** Runs of gaps that wait for the output are kept apart up to this many. */
const MOST_GAPS = 1000;

/**
 * What came and has to wait, as bytes: to be judged, or, judged, for the output. When it is more than it may be, the oldest
 * messages are dropped, and each is counted; gaps are never dropped.
 */
export class Intake {
  readonly #limit: number;
  readonly #tally: Tally;
  readonly #onDrop: () => void;
  /** As they came. */
  readonly #live: RawQueue<never, OwnUnjudged>;
  /** What a stream kept, told before what comes live. */
  readonly #past: RawQueue<never, OwnUnjudged>;
  readonly #judged: RawQueue<Findings, OwnJudged>;
  /** To be told before anything else that was judged. */
  #lost: GapRecord[] = [];
  #paused = false;
  #closing = false;

  constructor(limitBytes: number, tally: Tally, onDrop: () => void) {
    const pool = new BlockPool(limitBytes);
    this.#limit = limitBytes;
    this.#tally = tally;
    this.#onDrop = onDrop;
    this.#live = new RawQueue(pool);
    this.#past = new RawQueue(pool);
    this.#judged = new RawQueue(pool);
  }

  put(subject: string, bytes: Uint8Array, at: number): void {
    this.#live.push(subject, bytes, at);
    if (this.#bytes <= this.#limit) return;
    this.#makeRoom();
    this.#live.reclaim();
  }

  /** The caller looks at `fullness`: the past can wait, so none of it is dropped. */
  putPast(subject: string, bytes: Uint8Array, at: number): void {
    this.#past.push(subject, bytes, at);
  }

  putOwn(own: OwnUnjudged): void {
    this.#live.pushOwn(own);
  }

  /** Keeps what is live for later: the past is being read first. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Nothing is held back any more: what is still asked about is told without the answer. */
  close(): void {
    this.#paused = false;
    this.#closing = true;
  }

  /** How much waits, as a share of what may. */
  get fullness(): number {
    return this.#bytes / this.#limit;
  }

  get #bytes(): number {
    return this.#live.bytes + this.#judged.bytes + this.#past.bytes;
  }

  /** Entries that wait to be judged, held back or not. */
  get unjudged(): number {
    return this.#live.count + this.#past.count;
  }

  /** Nothing waits, and nothing is held back: what comes now is next. */
  get isEmpty(): boolean {
    return !this.#paused && this.unjudged === 0 && !this.waitsForOutput;
  }

  get heldBack(): boolean {
    if (this.#past.count > 0) return false;
    if (this.#paused) return true;
    if (this.#closing) return false;
    const own = this.#live.peekOwn();
    return own?.record === 'question' && own.pending;
  }

  nextToJudge(): Unjudged | undefined {
    return this.heldBack ? undefined : (this.#past.shift() ?? this.#live.shift());
  }

  /** The output has no room for it yet. */
  keep(record: TailRecord): void {
    if (record.record === 'message') {
      const { pair, lint, undecided } = record;
      const found = pair === undefined && lint === undefined && !undecided ? undefined : { pair, lint, undecided };
      this.#judged.push(record.subject, record.bytes, record.receivedAt, found);
    } else this.#judged.pushOwn(record);
    if (this.#bytes > this.#limit) this.#makeRoom();
  }

  get waitsForOutput(): boolean {
    return this.#judged.count > 0 || this.#lost.length > 0;
  }

  nextToShow(): Judged | undefined {
    return this.#lost.shift() ?? this.#judged.shift();
  }

  /** From now on, the bytes of what was next may be written over. */
  reclaim(): void {
    this.#past.reclaim();
    this.#live.reclaim();
    this.#judged.reclaim();
  }

  /** Nobody takes what was judged any more. Returns how many messages are dropped with it. */
  dropJudged(): number {
    let messages = 0;
    for (let next = this.#judged.shift(); next !== undefined; next = this.#judged.shift()) {
      if (next.record === 'waiting') messages += 1;
    }
    this.#lost = [];
    this.#judged.reclaim();
    if (messages > 0) this.#tally.gap({ missed: messages });
    return messages;
  }

  /** Nobody judges the rest any more. Returns how many messages are dropped with it, besides `taken`, which the judge had. */
  dropUnjudged(taken: number): number {
    let messages = taken;
    for (let next = this.nextToJudge(); next !== undefined; next = this.nextToJudge()) {
      if (next.record === 'waiting') messages += 1;
      else if (next.record === 'question') this.#tally.gap(next.gap);
    }
    this.reclaim();
    if (messages > 0) this.#tally.gap({ missed: messages });
    return messages;
  }

  #makeRoom(): void {
    const target = this.#limit - Math.min(DROP_BYTES, this.#limit >> 4);
    while (this.#bytes > target) {
      // The one message that is larger than all that may wait is let through: it is here already.
      if (this.#live.count + this.#judged.count <= 1) break;
      const oldest = this.#judged.shift() ?? this.#live.shift();
      if (oldest === undefined) break;
      if (oldest.record === 'waiting') this.#countDropped(oldest.at);
      else if (oldest.record === 'question') {
        this.#tally.gap(oldest.gap);
        this.#lost.push(oldest.gap);
      } else if (oldest.record === 'gap') this.#lost.push(oldest);
      // Not the others: a batch of theirs may be with the judge.
      this.#judged.reclaim();
    }
    const [first, second] = this.#lost;
    if (this.#lost.length > MOST_GAPS && first !== undefined && second !== undefined) {
      this.#lost.splice(0, 2, merged(first, second));
    }
    this.#onDrop();
  }

  #countDropped(at: number): void {
    const last = this.#lost.at(-1);
    if (last?.reason === 'buffer') {
      this.#lost[this.#lost.length - 1] = { ...last, to: at, missed: (last.missed ?? 0) + 1 };
      this.#tally.drop();
    } else {
      const gap: GapRecord = { record: 'gap', reason: 'buffer', from: at, to: at, missed: 1 };
      this.#lost.push(gap);
      this.#tally.gap(gap);
    }
  }
}

/** Two gaps as one, when there are too many to keep apart. */
function merged(one: GapRecord, other: GapRecord): GapRecord {
  const missed = one.missed === undefined || other.missed === undefined ? undefined : one.missed + other.missed;
  const atLeast = (one.missed ?? one.atLeast ?? 0) + (other.missed ?? other.atLeast ?? 0);
  return { record: 'gap', reason: 'buffer', from: one.from, to: other.to, missed, atLeast };
}
