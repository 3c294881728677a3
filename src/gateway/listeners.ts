import { GOALS_INCOMING, TASKS_INCOMING } from '../contract/subjects.ts';
import { isHeddleError } from '../errors.ts';
import { streamsCapturing } from '../store/open.ts';
import type { Clock } from '../time/clock.ts';
import { hearersOf } from '../topology/hearers.ts';
import { readTopology } from '../topology/read-topology.ts';
import type { Transport } from '../transport/transport.ts';

/** How old what is known may be before it is asked for again. */
const FRESH_MS = 10_000;

interface Known {
  readonly at: number;
  /** Subjects on which somebody listens who acts; undefined where the servers do not tell. */
  readonly acted: ReadonlySet<string> | undefined;
  /** Subjects that a stream keeps, or may keep. */
  readonly kept: ReadonlySet<string>;
}

const SUBJECTS = [TASKS_INCOMING, GOALS_INCOMING];

/**
 * Whether those who hear a message are more than watchers. A server counts whoever looks on through a wildcard as somebody
 * who listens, so what it says of one message is not enough. Asked for in the background, and only while there is traffic; when
 * nobody was there, or the connection has been away, it is asked for before anything is sent.
 */
export class Listeners {
  readonly #bus: Transport;
  readonly #clock: Clock;
  readonly #undo: () => void;
  #known: Known;
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #doubtful = false;

  constructor(bus: Transport, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#known = { at: Number.NEGATIVE_INFINITY, acted: undefined, kept: new Set(SUBJECTS) };
    this.#undo = bus.onEvent((event) => {
      // The others come back in their own time.
      if (event.kind === 'reconnected') this.#doubtful = true;
    });
  }

  /** Looks once. */
  async ready(): Promise<void> {
    await this.#lookNow();
  }

  /** True where it was known a moment ago that somebody acts on it: the usual case, answered at once. */
  isSurelyActed(subject: string): boolean {
    return !this.#doubtful && this.acts(subject) === true && this.#clock.elapsed() - this.#known.at < FRESH_MS;
  }

  /** True only where it is known that nobody acts on what is sent there, and no stream keeps it. */
  async isDeserted(subject: string): Promise<boolean> {
    if (this.#doubtful || this.#seemsDeserted(subject)) await this.#lookNow();
    else if (this.#looking === undefined && this.#clock.elapsed() - this.#known.at > FRESH_MS) void this.#lookNow();
    return this.#seemsDeserted(subject);
  }

  /** undefined: not known. */
  acts(subject: string): boolean | undefined {
    return this.#known.acted?.has(subject);
  }

  /** Whether a stream may acknowledge what is published there. */
  mayBeKept(subject: string): boolean {
    return this.#known.kept.has(subject);
  }

  close(): void {
    this.#undo();
  }

  #seemsDeserted(subject: string): boolean {
    return this.acts(subject) === false && !this.mayBeKept(subject);
  }

  /** A look that begins from now on: one that is under way may have missed who just came. */
  #lookNow(): Promise<void> {
    if (this.#looking === undefined) return this.#begin();
    this.#next ??= this.#looking.then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#doubtful = false;
    const looking = this.#look().finally(() => {
      if (this.#looking === looking) this.#looking = undefined;
    });
    this.#looking = looking;
    return looking;
  }

  async #look(): Promise<void> {
    const [acted, kept] = await Promise.all([this.#lookForActors(), this.#lookForStreams()]);
    this.#known = { at: this.#clock.elapsed(), acted, kept };
  }

  async #lookForActors(): Promise<Known['acted']> {
    if (!this.#bus.info.can.connz) return undefined;
    try {
      const map = await readTopology(this.#bus, { clock: this.#clock });
      if (!map.known || map.gaps.length > 0) return undefined;
      return new Set(SUBJECTS.filter((subject) => hearersOf(map, subject).actors.length > 0));
    } catch {
      return undefined;
    }
  }

  async #lookForStreams(): Promise<Known['kept']> {
    if (!this.#bus.info.can.jetstream) return new Set();
    try {
      const found = await Promise.all(SUBJECTS.map((subject) => streamsCapturing(this.#bus, subject)));
      return new Set(SUBJECTS.filter((_, at) => (found[at]?.length ?? 0) > 0));
    } catch (thrown) {
      // Without JetStream nothing is kept; in any other case it may be.
      return new Set(isHeddleError(thrown) && thrown.code === 'no_match' ? [] : SUBJECTS);
    }
  }
}
