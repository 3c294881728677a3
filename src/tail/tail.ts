import { type Clock, systemClock, type Timer } from '../time/clock.ts';
import type { Guard } from '../time/guard.ts';
import { nextTurn } from '../time/turn.ts';
import { within } from '../time/wait.ts';
import { type End, type EndCause, Ending } from './ending.ts';
import { createFilter, type Verdict } from './filter.ts';
import { mergeGaps } from './merge-gaps.ts';
import { DEFAULT_BUFFER, type TailOptions } from './options.ts';
import { BlockPool, RawQueue, type Waiting } from './raw-queue.ts';
import type { GapRecord, MessageRecord, OrphanRecord, SummaryRecord, TailRecord } from './record.ts';
import { Seen, seen } from './seen.ts';
import { type Snapshot, Tally } from './tally.ts';
import { untilTest } from './until-test.ts';

/** Work between two looks at the socket: what lies there longer, the server counts against us. */
const SLICE_MS = 8;
/** The same when much waits: reading in more only to drop it later would be no gain. */
const LONG_SLICE_MS = 20;
const MUCH = 0.2;
/** An output without room for this long is slow: from then on, what comes is judged before it waits for the output. */
const SLOW_MS = 200;
const BATCH = 128;
/** What may be shown straight from the socket in one turn of the event loop, each message counted with a fixed cost. */
const DIRECT_BYTES = 2 * 1024 * 1024;
const DIRECT_COST = 128;
const BATCH_BYTES = 512 * 1024;
/** How often tasks without an answer are looked for. */
const ORPHAN_LOOK_MS = 250;
/** Runs of gaps that wait for the output are kept apart up to this many. */
const MOST_GAPS = 1000;
/** After an interruption, an output that takes nothing for this long is given up. */
const GIVE_UP_MS = 1000;

/** A gap that is still being asked about holds back what came after it. */
interface OpenQuestion {
  gap: GapRecord;
  pending: boolean;
}

type Ours = OpenQuestion | OrphanRecord | SummaryRecord;
type Note = Pick<MessageRecord, 'pair' | 'lint' | 'undecided'> | GapRecord | OrphanRecord | SummaryRecord;

/**
 * The middle of a tail: takes messages in as bytes, judges them, hands them on when the output has room. What arrives is
 * put away at once, whatever the output does; judging and showing are done in slices between looks at the socket.
 */
export class Tail {
  readonly #options: TailOptions;
  readonly #clock: Clock;
  readonly #pool: BlockPool;
  /** As they came. */
  readonly #inbox: RawQueue<Ours>;
  /** What a stream kept, told before what comes live. */
  readonly #past: RawQueue<Ours>;
  /** Judged, and waiting for the output. */
  readonly #outbox: RawQueue<Note>;
  readonly #limit: number;
  readonly #filter: ReturnType<typeof createFilter>;
  readonly #ending: Ending;
  readonly #tally: Tally;
  readonly #until: ((record: MessageRecord) => boolean) | undefined;
  /** Gaps to be told before anything that waits. */
  #lost: GapRecord[] = [];
  #scheduled = false;
  #paused = false;
  #waitingForRoom = false;
  /** Without patterns, which want many messages at a time. */
  readonly #direct: boolean;
  #thisTurn = 0;
  /** Since when the output has no room. */
  #fullSince: number | undefined;
  #end: End | undefined;
  #closing = false;
  #finished = false;
  #settle: (end: End) => void = () => {};
  #break: (error: unknown) => void = () => {};
  #timer: Timer | undefined;
  readonly #timers: Timer[] = [];
  /** Resolves with how it ended, when everything was handed over. */
  readonly done: Promise<End>;
  lastMessageAt = 0;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limit = options.bufferBytes ?? DEFAULT_BUFFER;
    this.#pool = new BlockPool(this.#limit);
    this.#inbox = new RawQueue(this.#pool);
    this.#past = new RawQueue(this.#pool);
    this.#outbox = new RawQueue(this.#pool);
    const guard = options.guard ?? unguarded;
    this.#direct = options.guard === undefined;
    this.#filter = createFilter(options.filter ?? {}, guard);
    const ending = options.ending ?? {};
    this.#ending = new Ending(ending);
    this.#until = untilTest(ending, guard);
    this.#tally = new Tally(this.#clock.elapsed());
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#break = reject;
    });
  }

  /** Everything is subscribed: clocks start. */
  start(): void {
    const { statsEveryMs, onStats, pairing } = this.#options;
    this.#ending.start(this.#clock.elapsed());
    this.#armTimer();
    if (statsEveryMs !== undefined) {
      this.#timers.push(
        this.#clock.every(statsEveryMs, () => {
          const summary = this.summary(false);
          onStats?.(summary.figures);
          this.#ours(summary);
        }),
      );
    }
    if (pairing !== undefined) {
      this.#timers.push(this.#clock.every(ORPHAN_LOOK_MS, () => this.#lookForOrphans()));
    }
  }

  /** One message. Never throws, returns soon. */
  take(subject: string, bytes: Uint8Array, at: number): void {
    if (this.#end !== undefined) return;
    this.lastMessageAt = at;
    this.#tally.receive(bytes.length);
    if (this.#keepsUp(bytes.length)) {
      try {
        this.#judgeOne(new Seen(subject, bytes, at));
      } catch (error) {
        this.fail(error);
      }
      this.#schedule();
      return;
    }
    this.#inbox.push(subject, bytes, at);
    if (this.#waitingBytes > this.#limit) this.#makeRoom();
    this.#schedule();
  }

  /** Nothing waits and there is room: shown at once, a message need not be put away first. For so much in one turn. */
  #keepsUp(bytes: number): boolean {
    if (!this.#direct || this.#paused || this.#toJudge > 0) return false;
    if (this.#outbox.count > 0 || this.#lost.length > 0 || !this.#options.output.hasRoom()) return false;
    this.#thisTurn += bytes + DIRECT_COST;
    return this.#thisTurn < DIRECT_BYTES;
  }

  /** One message that a stream kept. The caller looks at `fullness`: the past can wait, so none of it is dropped. */
  takePast(subject: string, bytes: Uint8Array, at: number): void {
    if (this.#end !== undefined) return;
    this.#tally.receive(bytes.length);
    this.#past.push(subject, bytes, at);
    this.#schedule();
  }

  /** Messages may have been missed, between what came before and what comes next. */
  gap(gap: GapRecord): void {
    this.#inbox.pushOurs({ gap, pending: false }, gap.to);
    this.#schedule();
  }

  /** The same, before it is known how many: until `answer` is there, nothing that came later is shown. */
  gapWhen(gap: GapRecord, answer: Promise<GapRecord>): void {
    const question: OpenQuestion = { gap, pending: true };
    this.#inbox.pushOurs(question, gap.to);
    const settle = (known: GapRecord): void => {
      question.gap = known;
      question.pending = false;
      this.#schedule();
    };
    answer.then(settle, () => settle(gap));
  }

  /** Keeps what comes for later: the past is being read first. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** How much waits, as a share of the buffer; a reader of files looks at it. */
  get fullness(): number {
    return this.#waitingBytes / this.#limit;
  }

  get #waitingBytes(): number {
    return this.#inbox.bytes + this.#outbox.bytes + this.#past.bytes;
  }

  get #toJudge(): number {
    return this.#inbox.count + this.#past.count;
  }

  get figures(): Snapshot {
    return this.#tally.snapshot(this.#clock.elapsed(), this.#options.pairing);
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  summary(final: boolean): SummaryRecord {
    return { record: 'summary', at: this.#clock.now(), final, figures: this.figures };
  }

  /** Ends it from outside. What has come is still judged and shown. */
  stop(cause: EndCause): void {
    if (this.#end !== undefined) return;
    this.#paused = false;
    if (cause === 'reader_gone') {
      this.#over(this.#ending.end(cause));
      return;
    }
    this.#closing = true;
    while (this.#toJudge > 0 && this.#end === undefined && this.#judgeBatch()) {
      // Until all of it is judged; what is held back by an open question is told without the answer.
    }
    this.#over(this.#ending.end(cause));
  }

  /** Ends it with an error: the bus is gone for good, or we are broken. */
  fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { cause: 'interrupted', answer: 'no', because: undefined };
    this.#stopClocks();
    this.#showRest(this.#end).then(
      () => this.#break(error),
      () => this.#break(error),
    );
  }

  #over(end: End | undefined): void {
    if (end === undefined || this.#end !== undefined) return;
    this.#end = end;
    this.#stopClocks();
    this.#showRest(end).then(
      () => this.#settle(end),
      (error: unknown) => this.#break(error),
    );
  }

  #stopClocks(): void {
    this.#clock.cancel(this.#timer);
    for (const timer of this.#timers) this.#clock.cancel(timer);
  }

  async #showRest(end: End): Promise<void> {
    const { output } = this.#options;
    if (end.cause !== 'reader_gone') {
      while (this.#outbox.count > 0 || this.#lost.length > 0) {
        if (output.hasRoom()) this.#handOver(Number.POSITIVE_INFINITY);
        else if (end.cause !== 'interrupted') await output.whenRoom();
        else if (!(await within(this.#clock, output.whenRoom(), GIVE_UP_MS))) break;
      }
    }
    this.#finished = true;
    output.flush?.();
  }

  #armTimer(): void {
    const at = this.#ending.nextTick();
    if (!Number.isFinite(at)) return;
    this.#timer = this.#clock.after(Math.ceil(at - this.#clock.elapsed()), () => {
      if (this.#end !== undefined) return;
      // What has come in time counts, even when it is not judged yet.
      if (this.#toJudge > 0) this.#judgeBatch();
      const end = this.#ending.tick(this.#clock.elapsed());
      if (end === undefined) this.#armTimer();
      else this.stop(end.cause);
    });
  }

  #lookForOrphans(): void {
    const { pairing } = this.#options;
    if (pairing === undefined || this.#toJudge > 0) return;
    for (const orphan of pairing.orphans(this.#clock.now())) {
      this.#tally.orphan();
      this.#ours(orphan);
    }
  }

  #ours(record: OrphanRecord | SummaryRecord): void {
    this.#inbox.pushOurs(record, this.#clock.now());
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#finished) return;
    this.#scheduled = true;
    nextTurn(() => {
      this.#scheduled = false;
      try {
        this.#work();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  #work(): void {
    this.#thisTurn = 0;
    if (this.#end !== undefined) return;
    const { output } = this.#options;
    const clock = this.#clock;
    const begin = clock.elapsed();
    const until = begin + (this.fullness > MUCH ? LONG_SLICE_MS : SLICE_MS);
    let more = true;
    while (more && this.#end === undefined && clock.elapsed() < until) {
      if (output.hasRoom()) {
        this.#fullSince = undefined;
        if (this.#outbox.count > 0 || this.#lost.length > 0) this.#handOver(BATCH);
        else more = this.#judgeBatch();
      } else {
        // Judged messages are read a second time when they are shown, so a short wait is just waited for.
        this.#fullSince ??= begin;
        more = begin - this.#fullSince >= SLOW_MS && this.#judgeBatch();
      }
    }
    output.flush?.();
    if (this.#end === undefined) this.#workLater();
  }

  #workLater(): void {
    const { output } = this.#options;
    if (output.hasRoom()) {
      const some = this.#outbox.count > 0 || this.#lost.length > 0 || (this.#toJudge > 0 && !this.#heldBack());
      if (some) this.#schedule();
      return;
    }
    if (this.#waitingForRoom) return;
    this.#waitingForRoom = true;
    // An output that stays full gets no more said of it; what comes meanwhile schedules the next look itself.
    const slow = this.#clock.after(SLOW_MS, () => this.#schedule());
    void output.whenRoom().then(() => {
      this.#clock.cancel(slow);
      this.#waitingForRoom = false;
      this.#schedule();
    });
  }

  #heldBack(): boolean {
    if (this.#past.count > 0) return false;
    if (this.#paused) return true;
    if (this.#closing) return false;
    const next = this.#inbox.peek();
    return next !== undefined && isPending(next);
  }

  /** Judges what comes next, and shows it or puts it aside. False when there is nothing to do. */
  #judgeBatch(): boolean {
    const messages: Waiting<Ours>[] = [];
    let bytes = 0;
    let own: Waiting<Ours> | undefined;
    while (messages.length < BATCH && bytes < BATCH_BYTES && !this.#heldBack()) {
      const next = this.#past.shift() ?? this.#inbox.shift();
      if (next === undefined) break;
      if (next.ours) {
        own = next;
        break;
      }
      messages.push(next);
      bytes += next.bytes.length;
    }
    const any = messages.length > 0 || own !== undefined;
    if (messages.length > 0) this.#judge(messages);
    if (own !== undefined && this.#end === undefined) this.#passOurs(own.note as Ours);
    this.#past.reclaim();
    this.#inbox.reclaim();
    return any;
  }

  #passOurs(own: Ours): void {
    if (!('gap' in own)) {
      this.#hand(own);
      if (own.record === 'orphan') this.#over(this.#ending.orphaned());
      return;
    }
    this.#tally.gap(own.gap);
    this.#hand(own.gap);
    this.#over(this.#ending.gap(own.gap.reason));
  }

  #judge(messages: readonly Waiting<Ours>[]): void {
    const records = messages.map(seen);
    const one = this.#filter?.one;
    const verdicts = one === undefined ? this.#filter?.many(records) : undefined;
    for (let index = 0; index < records.length && this.#end === undefined; index += 1) {
      const record = records[index] as Seen;
      if (verdicts === undefined) this.#judgeOne(record);
      else this.#judged(record, verdicts[index] ?? 'pass');
    }
  }

  /** Where no patterns are among the rules. */
  #judgeOne(record: Seen): void {
    const one = this.#filter?.one;
    this.#judged(record, one === undefined || one(record) ? 'pass' : 'drop');
  }

  #judged(record: Seen, verdict: Verdict): void {
    const { pairing, lint } = this.#options;
    // Pairs are made of all that comes: a filter must not tear a result from its task.
    if (pairing !== undefined) {
      record.pair = pairing.see(record.subject, record.decoded, record.facts, record.receivedAt);
    }
    if (verdict === 'drop') return;
    if (verdict === 'undecided') record.undecided = true;
    if (lint !== undefined) record.lint = lint(record.decoded);
    this.#tally.pass(record);
    const now = this.#ending.looksAtClock ? this.#clock.elapsed() : 0;
    const end = this.#ending.passed(record, now, this.#until?.(record) ?? false);
    this.#hand(record);
    this.#over(end);
  }

  /** To the output, or behind what already waits for it. */
  #hand(record: TailRecord): void {
    const { output } = this.#options;
    if (this.#outbox.count === 0 && this.#lost.length === 0 && output.hasRoom()) {
      output.write(record);
      return;
    }
    if (record.record === 'message') {
      const { pair, lint, undecided } = record;
      const note = pair === undefined && lint === undefined && !undecided ? undefined : { pair, lint, undecided };
      this.#outbox.push(record.subject, record.bytes, record.receivedAt, note);
    } else this.#outbox.pushOurs(record, this.#clock.now());
    if (this.#waitingBytes > this.#limit) this.#makeRoom();
  }

  /** Shows what waits, as long as there is room. */
  #handOver(most: number): void {
    const { output } = this.#options;
    for (let left = most; left > 0 && output.hasRoom(); left -= 1) {
      const gap = this.#lost.shift();
      if (gap !== undefined) {
        output.write(gap);
        continue;
      }
      const next = this.#outbox.shift();
      if (next === undefined) break;
      if (next.ours) output.write(next.note as GapRecord | OrphanRecord | SummaryRecord);
      else {
        const record = seen(next);
        const note = next.note as Pick<MessageRecord, 'pair' | 'lint' | 'undecided'> | undefined;
        if (note !== undefined) Object.assign(record, note);
        output.write(record);
      }
      this.#outbox.reclaim();
    }
  }

  /** Drops the oldest that waits, and remembers how many and when. */
  #makeRoom(): void {
    // A little more than needed, so that this is not done for each message.
    const target = this.#limit - Math.min(BATCH_BYTES, this.#limit >> 4);
    while (this.#waitingBytes > target) {
      const queue: RawQueue<unknown> = this.#outbox.count > 0 ? this.#outbox : this.#inbox;
      // The one message that is larger than the buffer is let through: it is here already.
      if (this.#inbox.count + this.#outbox.count <= 1) break;
      const oldest = queue.shift();
      if (oldest === undefined) break;
      if (oldest.ours) this.#keep(oldest.note);
      else this.#countDropped(oldest.at);
      queue.reclaim();
    }
    if (this.#lost.length > MOST_GAPS) this.#lost.splice(0, 2, mergeGaps(this.#lost[0], this.#lost[1]));
    this.#over(this.#ending.gap('buffer'));
  }

  #keep(note: unknown): void {
    const own = note as OpenQuestion | GapRecord | OrphanRecord | SummaryRecord;
    if ('gap' in own) {
      this.#tally.gap(own.gap);
      this.#lost.push(own.gap);
    } else if (own.record === 'gap') this.#lost.push(own);
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

function isPending(waiting: Waiting<Ours>): boolean {
  const own = waiting.note;
  return own !== undefined && 'gap' in own && own.pending;
}

const unguarded = (): Guard => (work) => {
  work();
  return true;
};
