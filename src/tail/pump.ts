import type { Clock } from '../time/clock.ts';
import { nextTurn, turn } from '../time/turn.ts';
import { within } from '../time/wait.ts';
import type { Intake, Judged } from './intake.ts';
import type { Output } from './options.ts';
import type { TailRecord } from './record.ts';
import { Seen } from './seen.ts';

/** Work between two looks at the socket: what lies there longer, the server counts against us. */
const SLICE_MS = 8;
/** The same when much waits: reading in more only to drop it later would be no gain. */
const LONG_SLICE_MS = 20;
const MUCH = 0.02;
/** An output without room for this long is slow: from then on, what comes is judged before it waits for the output. */
const SLOW_MS = 200;
const BATCH = 128;
/** What may be shown straight from the socket in one turn of the event loop, each message counted with a fixed cost. */
const DIRECT_BYTES = 4 * 1024 * 1024;
const DIRECT_COST = 128;
/** After an interruption, an output that takes nothing for this long is given up. */
const GIVE_UP_MS = 1000;
/** And one that takes something now and then, after this long. */
const MOST_MS = 5000;

export interface PumpParts {
  readonly clock: Clock;
  readonly output: Output;
  readonly intake: Intake;
  /** What waits for the output is read again only as far as it was before. */
  readonly glances: boolean;
  /** Judges some of what waits. False when there is nothing to do. */
  judge(): boolean;
  /** How much it took from the intake and has not judged. */
  judging(): number;
  /** Something broke that was not foreseen. */
  fail(error: unknown): void;
}

/** Moves what waits, in slices between looks at the socket, and only when the output has room. */
export class Pump {
  readonly #parts: PumpParts;
  #scheduled = false;
  #stopped = false;
  #waitingForRoom = false;
  #thisTurn = 0;
  /** Since when the output has no room. */
  #fullSince: number | undefined;
  #hurriedAt: number | undefined;
  #tellHurry: () => void = () => {};
  readonly #hurried: Promise<void>;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#hurried = new Promise((resolve) => {
      this.#tellHurry = resolve;
    });
  }

  /** Nothing waits and there is room: a message need not be put away before it is shown. For so much in one turn. */
  takesDirectly(bytes: number): boolean {
    const { intake, output } = this.#parts;
    if (!intake.isEmpty || !output.hasRoom()) return false;
    this.#thisTurn += bytes + DIRECT_COST;
    return this.#thisTurn < DIRECT_BYTES;
  }

  /** To the output, or behind what already waits for it. */
  show(record: TailRecord): void {
    const { intake, output } = this.#parts;
    if (!intake.waitsForOutput && output.hasRoom()) output.write(record);
    else intake.keep(record);
  }

  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.#thisTurn = 0;
    if (this.#stopped) return;
    try {
      this.#work();
    } catch (error) {
      this.#parts.fail(error);
    }
  };

  #work(): void {
    const { clock, output, intake, judge } = this.#parts;
    const begin = clock.elapsed();
    const until = begin + (intake.fullness > MUCH ? LONG_SLICE_MS : SLICE_MS);
    let more = true;
    while (more && !this.#stopped && clock.elapsed() < until) {
      if (output.hasRoom()) {
        this.#fullSince = undefined;
        if (intake.waitsForOutput) this.#handOver(BATCH, until);
        else more = judge();
      } else {
        // Judged messages are read a second time when they are shown, so a short wait is just waited for.
        this.#fullSince ??= begin;
        more = begin - this.#fullSince >= SLOW_MS && judge();
      }
    }
    output.flush?.();
    if (!this.#stopped) this.#workLater();
  }

  #workLater(): void {
    const { clock, output, intake, judging } = this.#parts;
    if (output.hasRoom()) {
      if (intake.waitsForOutput || judging() > 0 || (intake.unjudged > 0 && !intake.heldBack)) this.schedule();
      return;
    }
    if (this.#waitingForRoom) return;
    this.#waitingForRoom = true;
    // An output that stays full gets no more said of it; what comes meanwhile schedules the next look itself.
    const slow = clock.after(SLOW_MS, () => this.schedule());
    void output.whenRoom().then(() => {
      clock.cancel(slow);
      this.#waitingForRoom = false;
      this.schedule();
    });
  }

  /** Shows what waits for it, as long as there is room. */
  #handOver(most: number, until: number): void {
    const { clock, output, intake } = this.#parts;
    for (let left = most; left > 0 && output.hasRoom() && clock.elapsed() < until; left -= 1) {
      const next = intake.nextToShow();
      if (next === undefined) break;
      output.write(this.#recordOf(next));
      intake.reclaim();
    }
  }

  #recordOf(next: Judged): TailRecord {
    if (next.record !== 'waiting') return next;
    const record = new Seen(next.subject, next.bytes, next.at, this.#parts.glances);
    if (next.note === undefined) return record;
    record.pair = next.note.pair;
    record.lint = next.note.lint;
    record.undecided = next.note.undecided;
    return record;
  }

  /** No more slices. */
  stop(): void {
    this.#stopped = true;
  }

  /** After an interruption, there was time enough to judge what had come. */
  get outOfTime(): boolean {
    return this.#hurriedAt !== undefined && this.#parts.clock.elapsed() > this.#hurriedAt + GIVE_UP_MS;
  }

  /** The rest is shown only as far as the output takes it soon. */
  hurry(): void {
    this.#hurriedAt ??= this.#parts.clock.elapsed();
    this.#tellHurry();
  }

  /** Shows all that waits for the output. Returns how many messages had to be dropped, because nobody took them. */
  async showRest(): Promise<number> {
    const { clock, output, intake } = this.#parts;
    while (intake.waitsForOutput) {
      if (this.#hurriedAt !== undefined && clock.elapsed() > this.#hurriedAt + MOST_MS) break;
      if (output.hasRoom()) {
        // Showing runs patterns of others, too.
        const until = clock.elapsed() + LONG_SLICE_MS;
        this.#handOver(BATCH, until);
        if (clock.elapsed() >= until) await turn();
      } else if (this.#hurriedAt === undefined) await Promise.race([output.whenRoom(), this.#hurried]);
      else if (!(await this.#roomInTime(this.#hurriedAt))) break;
    }
    const dropped = intake.dropJudged();
    output.flush?.();
    return dropped;
  }

  async #roomInTime(since: number): Promise<boolean> {
    const { clock, output } = this.#parts;
    const left = since + MOST_MS - clock.elapsed();
    return left > 0 && (await within(clock, output.whenRoom(), Math.min(GIVE_UP_MS, left)));
  }
}
