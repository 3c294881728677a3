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
 * who listens, so what it says of one message is not enough. Asked for in the background, and only while there is traffic.
 */
export class Listeners {
  readonly #bus: Transport;
  readonly #clock: Clock;
  #known: Known;
  #asking: Promise<void> | undefined;

  constructor(bus: Transport, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#known = { at: Number.NEGATIVE_INFINITY, acted: undefined, kept: new Set(SUBJECTS) };
  }

  /** Resolves when it was asked once. */
  async ready(): Promise<void> {
    await this.#ask();
  }

  /** undefined: not known. */
  acts(subject: string): boolean | undefined {
    this.#renew();
    return this.#known.acted?.has(subject);
  }

  /** Whether a stream may acknowledge what is published there. */
  mayBeKept(subject: string): boolean {
    this.#renew();
    return this.#known.kept.has(subject);
  }

  #renew(): void {
    if (this.#asking === undefined && this.#clock.elapsed() - this.#known.at > FRESH_MS) void this.#ask();
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#look().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
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
