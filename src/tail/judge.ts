import { type Clock, systemClock } from '../time/clock.ts';
import type { Guard } from '../time/guard.ts';
import { type Condition, holdsAny } from './condition.ts';
import { type End, type EndCause, Ending } from './ending.ts';
import { createFilter, type Filter, type Verdict } from './filter.ts';
import type { Intake, OwnUnjudged } from './intake.ts';
import type { Lint } from './lint.ts';
import type { TailOptions } from './options.ts';
import type { Pairing } from './pairing.ts';
import type { GapRecord, MessageRecord, TailRecord } from './record.ts';
import { Seen } from './seen.ts';
import type { Tally } from './tally.ts';

/** What is judged at a time, between two looks at the clock. */
const BATCH = 128;
const BATCH_BYTES = 512 * 1024;
/** Patterns and schemas of others can be slow; what they took longer over is gone on with after a look at the socket. */
const SLOW_MS = 20;

/** Whom the judge tells. */
export interface Court {
  /** After the end nothing is judged any more. */
  readonly ended: boolean;
  show(record: TailRecord): void;
  end(end: End): void;
}

/** Says of each message whether it is shown, what is noted on it, and whether the tail ends with it. */
export class Judge {
  readonly #court: Court;
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #filter: Filter | undefined;
  readonly #until: ((record: MessageRecord) => boolean) | undefined;
  readonly #ending: Ending;
  readonly #pairing: Pairing | undefined;
  readonly #lint: Lint | undefined;
  /** What others wrote is asked of each message, or of how it is shown. */
  readonly #slow: boolean;
  /** A batch that took too long, from where it was left; the bytes are copies. */
  #rest: { readonly batch: readonly Seen[]; readonly own: OwnUnjudged | undefined } | undefined;
  /** Nobody looks into messages, so that a glance at them is enough where it tells something. */
  readonly glances: boolean;

  constructor(options: TailOptions, tally: Tally, court: Court) {
    const { clock = systemClock, guard = unguarded, ending = {}, pairing, lint } = options;
    this.#court = court;
    this.#clock = clock;
    this.#tally = tally;
    this.#filter = createFilter(options.filter ?? {}, guard);
    this.#until = untilTest(ending.until ?? [], guard);
    this.#ending = new Ending(ending);
    this.#pairing = pairing;
    this.#lint = lint;
    this.#slow = options.guard !== undefined || lint !== undefined;
    const looksInside = (this.#filter ?? this.#until ?? pairing ?? lint ?? ending.failOn?.[0]) !== undefined;
    this.glances = options.output.envelopesOnly === true && !looksInside;
  }

  start(): void {
    this.#ending.start(this.#clock.elapsed());
  }

  /** One message, as soon as it came. Not where patterns are among the rules: those want many at a time. */
  one(subject: string, bytes: Uint8Array, at: number): void {
    const record = new Seen(subject, bytes, at, this.glances);
    this.#judged(record, this.#filter?.one?.(record) === false ? 'drop' : 'pass');
  }

  /** Messages that it took from the intake and has not judged. */
  get waiting(): number {
    return this.#rest?.batch.length ?? 0;
  }

  /** Takes what comes next in the intake, or goes on with what it has. False when there is nothing to do. */
  some(intake: Intake): boolean {
    const rest = this.#rest;
    if (rest !== undefined) {
      this.#rest = undefined;
      this.#many(rest.batch, rest.own);
      return true;
    }
    const begun = this.#slow ? this.#clock.elapsed() : 0;
    const patterns = this.#filter !== undefined && this.#filter.one === undefined;
    const batch: Seen[] = [];
    let count = 0;
    let own: OwnUnjudged | undefined;
    for (let bytes = 0; count < BATCH && bytes < BATCH_BYTES && own === undefined && !this.#court.ended; count += 1) {
      const next = intake.nextToJudge();
      if (next === undefined) break;
      if (next.record !== 'waiting') own = next;
      else {
        bytes += next.bytes.length;
        if (patterns) batch.push(new Seen(next.subject, next.bytes, next.at, false));
        else this.one(next.subject, next.bytes, next.at);
        if (this.#slow && !patterns && this.#clock.elapsed() - begun > SLOW_MS) {
          count += 1;
          break;
        }
      }
    }
    if (patterns) this.#many(batch, own);
    else if (own !== undefined && !this.#court.ended) this.#passOwn(own);
    intake.reclaim();
    return count > 0;
  }

  #many(batch: readonly Seen[], own: OwnUnjudged | undefined): void {
    const begun = this.#clock.elapsed();
    const verdicts = this.#filter?.many(batch, true) ?? [];
    let done = 0;
    for (const record of batch.slice(0, verdicts.length)) {
      if (this.#court.ended) return;
      this.#judged(record, verdicts[done] ?? 'pass');
      done += 1;
      if (this.#clock.elapsed() - begun > SLOW_MS) break;
    }
    if (this.#court.ended) return;
    if (done < batch.length) this.#rest = { batch: batch.slice(done).map(kept), own };
    else if (own !== undefined) this.#passOwn(own);
  }

  #judged(record: Seen, verdict: Verdict): void {
    // Pairs are made of all that comes: a filter must not tear a result from its task.
    if (this.#pairing !== undefined) {
      record.pair = this.#pairing.see(record.subject, record.decoded, record.facts, record.receivedAt);
    }
    if (verdict === 'drop') return;
    if (verdict === 'undecided') record.undecided = true;
    if (this.#lint !== undefined) record.lint = this.#lint(record.decoded);
    this.#tally.pass(record);
    const now = this.#ending.looksAtClock ? this.#clock.elapsed() : 0;
    const end = this.#ending.passed(record, now, this.#until?.(record) ?? false);
    this.#court.show(record);
    this.#conclude(end);
  }

  #passOwn(own: OwnUnjudged): void {
    if (own.record === 'question') {
      this.gap(own.gap);
      this.#conclude(this.#ending.gap(own.gap.reason));
      return;
    }
    this.#court.show(own);
    if (own.record === 'orphan') this.#conclude(this.#ending.orphaned());
  }

  /** Counts it and shows it. */
  gap(gap: GapRecord): void {
    this.#tally.gap(gap);
    this.#court.show(gap);
  }

  /** Messages were dropped because they could not wait any longer. */
  dropped(): void {
    this.#conclude(this.#ending.gap('buffer'));
  }

  /** It ends for a reason from outside; what was expected decides the answer. */
  stop(cause: EndCause): void {
    this.#conclude(this.#ending.end(cause));
  }

  /** Why it is over by now, as far as the time decides. */
  due(): EndCause | undefined {
    return this.#ending.tick(this.#clock.elapsed())?.cause;
  }

  /** How long until `due` can next say something. */
  get dueInMs(): number {
    return Math.ceil(this.#ending.nextTick() - this.#clock.elapsed());
  }

  #conclude(end: End | undefined): void {
    if (end !== undefined && !this.#court.ended) this.#court.end(end);
  }
}

/** Whether a message is the one to end with; patterns of the user run under the guard. */
function untilTest(
  conditions: readonly Condition[],
  guard: () => Guard,
): ((record: MessageRecord) => boolean) | undefined {
  if (conditions.length === 0) return undefined;
  if (conditions.every(({ pattern }) => pattern === undefined)) return (record) => holdsAny(conditions, record);
  const guardOnce = guard();
  return (record) => {
    let found = false;
    guardOnce(() => {
      found = holdsAny(conditions, record);
    });
    return found;
  };
}

/** The intake writes over what it gave away. */
function kept({ subject, bytes, receivedAt }: Seen): Seen {
  return new Seen(subject, bytes.slice(), receivedAt, false);
}

const unguarded = (): Guard => (work) => {
  work();
  return true;
};
