import { checkOptions } from '../check-options.ts';
import { type Clock, systemClock, type Timer } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';
import type { End, EndCause } from './ending.ts';
import type { Snapshot } from './figures.ts';
import { type GapQuestion, Intake, type OwnUnjudged } from './intake.ts';
import { Judge } from './judge.ts';
import { DEFAULT_BUFFER, TAIL_OPTIONS, type TailOptions } from './options.ts';
import { Pump } from './pump.ts';
import type { GapRecord, SummaryRecord } from './record.ts';
import { Tally } from './tally.ts';

/** How often tasks without an answer are looked for. */
const ORPHAN_LOOK_MS = 250;
/** At the end, what came is judged in slices of this length. */
const REST_SLICE_MS = 50;

/**
 * The middle of a tail: takes messages in as bytes, judges them, hands them on when the output has room. What arrives is
 * put away at once, whatever the output does; judging and showing are done in slices between looks at the socket.
 */
export class Tail {
  readonly #options: TailOptions;
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #intake: Intake;
  readonly #judge: Judge;
  readonly #pump: Pump;
  /** Without patterns, which want many messages at a time, and without schemas, which take theirs. */
  readonly #direct: boolean;
  readonly #timers: Timer[] = [];
  #endTimer: Timer | undefined;
  #openOutage: () => GapRecord | undefined = () => undefined;
  #end: End | undefined;
  #dropped = 0;
  #unjudged = 0;
  #closed = false;
  #settle: (end: End) => void = () => {};
  #break: (error: unknown) => void = () => {};
  /** Resolves with how it ended, when everything was handed over. */
  readonly done: Promise<End>;
  lastMessageAt = 0;

  constructor(options: TailOptions) {
    checkOptions('Tail', options, TAIL_OPTIONS);
    const { output, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#direct = options.guard === undefined && options.lint === undefined;
    this.#tally = new Tally(clock.elapsed());
    const tail = this;
    this.#judge = new Judge(options, this.#tally, {
      get ended() {
        return tail.ended;
      },
      show: (record) => this.#pump.show(record),
      end: (end) => this.#conclude(end),
    });
    this.#intake = new Intake(options.bufferBytes ?? DEFAULT_BUFFER, this.#tally, () => this.#judge.dropped());
    this.#pump = new Pump({
      clock,
      output,
      intake: this.#intake,
      glances: this.#judge.glances,
      judge: () => this.#judge.some(this.#intake),
      judging: () => this.#judge.waiting,
      fail: (error) => this.fail(error),
    });
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#break = reject;
    });
  }

  /** Everything is subscribed: clocks start. */
  start(): void {
    const { statsEveryMs, onStats, pairing } = this.#options;
    this.#judge.start();
    this.#armEnd();
    if (statsEveryMs !== undefined) {
      this.#timers.push(
        this.#clock.every(statsEveryMs, () => {
          const summary = this.summary(false);
          onStats?.(summary.figures);
          this.#putOwn(summary);
        }),
      );
    }
    if (pairing !== undefined) {
      this.#timers.push(this.#clock.every(ORPHAN_LOOK_MS, () => this.#lookForOrphans()));
    }
  }

  /** One message. Never throws, returns soon. */
  take(subject: string, bytes: Uint8Array, at: number): void {
    if (this.#end !== undefined || this.#closed) return;
    this.lastMessageAt = at;
    this.#tally.receive(bytes.length);
    if (!this.#direct || !this.#pump.takesDirectly(bytes.length)) this.#intake.put(subject, bytes, at);
    else {
      try {
        this.#judge.one(subject, bytes, at);
      } catch (error) {
        this.fail(error);
      }
    }
    this.#pump.schedule();
  }

  /** One message that a stream kept. The caller looks at `fullness`: the past can wait, so none of it is dropped. */
  takePast(subject: string, bytes: Uint8Array, at: number): void {
    if (this.#end !== undefined || this.#closed) return;
    this.#tally.receive(bytes.length);
    this.#intake.putPast(subject, bytes, at);
    this.#pump.schedule();
  }

  /** Messages may have been missed, between what came before and what comes next. */
  gap(gap: GapRecord): void {
    this.#putOwn({ record: 'question', gap, pending: false });
  }

  /** The same, before it is known how many: until `answer` is there, nothing that came later is shown. */
  gapWhen(gap: GapRecord, answer: Promise<GapRecord>): void {
    const question: GapQuestion = { record: 'question', gap, pending: true };
    this.#putOwn(question);
    const settle = (known: GapRecord): void => {
      question.gap = known;
      question.pending = false;
      this.#pump.schedule();
    };
    answer.then(settle, () => settle(gap));
  }

  /** `outage` is asked at the end: one that is still open then is a gap like any other, the last thing that is told. */
  endsWith(outage: () => GapRecord | undefined): void {
    this.#openOutage = outage;
  }

  /** Keeps what comes for later: the past is being read first. */
  pause(): void {
    this.#intake.pause();
  }

  resume(): void {
    this.#intake.resume();
    this.#pump.schedule();
  }

  /** How much waits, as a share of the buffer; a reader of files looks at it. */
  get fullness(): number {
    return this.#intake.fullness;
  }

  get figures(): Snapshot {
    return this.#tally.snapshot(this.#clock.elapsed(), this.#options.pairing);
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Messages that passed and were not shown, because after an interruption the output took nothing any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Messages that had come and were not judged, because that took too long after an interruption. */
  get unjudged(): number {
    return this.#unjudged;
  }

  summary(final: boolean): SummaryRecord {
    return { record: 'summary', at: this.#clock.now(), final, figures: this.figures };
  }

  /** Ends it from outside. What has come is still judged and shown; when it was interrupted, as far as that goes soon. */
  stop(cause: EndCause): void {
    if (cause === 'interrupted') this.#pump.hurry();
    if (this.#end !== undefined) return;
    this.#intake.close();
    this.#closed = true;
    this.#judgeRest(cause);
  }

  /** All that has come, in slices: patterns of others may take long over it, and a signal must be heard meanwhile. */
  #judgeRest(cause: EndCause): void {
    if (this.#end !== undefined) return;
    const until = this.#clock.elapsed() + REST_SLICE_MS;
    for (let more = cause !== 'reader_gone'; more && this.#end === undefined; more = this.#judge.some(this.#intake)) {
      if (this.#pump.outOfTime) {
        this.#unjudged = this.#intake.dropUnjudged(this.#judge.waiting);
        break;
      }
      if (this.#clock.elapsed() >= until) return nextTurn(() => this.#judgeRest(cause));
    }
    this.#judge.stop(cause);
  }

  /** Ends it with an error: the bus is gone for good, or we are broken. */
  fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#pump.hurry();
    const broken = (): void => this.#break(error);
    this.#finish({ cause: 'interrupted', answer: 'no', because: undefined }).then(broken, broken);
  }

  #conclude(end: End): void {
    this.#finish(end).then(
      () => this.#settle(end),
      (error: unknown) => this.#break(error),
    );
  }

  async #finish(end: End): Promise<void> {
    this.#end = end;
    this.#pump.stop();
    this.#clock.cancel(this.#endTimer);
    for (const timer of this.#timers) this.#clock.cancel(timer);
    if (end.cause === 'reader_gone') return;
    const outage = this.#openOutage();
    if (outage !== undefined) this.#judge.gap(outage);
    this.#dropped = await this.#pump.showRest();
  }

  #armEnd(): void {
    const inMs = this.#judge.dueInMs;
    if (!Number.isFinite(inMs)) return;
    this.#endTimer = this.#clock.after(inMs, () => {
      if (this.#end !== undefined) return;
      // What has come in time counts, even when it is not judged yet.
      if (this.#intake.unjudged + this.#judge.waiting > 0) this.#judge.some(this.#intake);
      const cause = this.#judge.due();
      if (cause === undefined) this.#armEnd();
      else this.stop(cause);
    });
  }

  #lookForOrphans(): void {
    const { pairing } = this.#options;
    if (pairing === undefined || this.#intake.unjudged + this.#judge.waiting > 0) return;
    for (const orphan of pairing.orphans(this.#clock.now())) {
      this.#tally.orphan();
      this.#putOwn(orphan);
    }
  }

  #putOwn(own: OwnUnjudged): void {
    this.#intake.putOwn(own);
    this.#pump.schedule();
  }
}
