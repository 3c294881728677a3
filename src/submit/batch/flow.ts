/** What one confirmation stands for, noted when its messages left. */
export interface Departure {
  readonly at: number;
  /** What had arrived by then, and when the last of it did. */
  readonly arrived: number;
  readonly arrivedBytes: number;
  readonly arrivedAt: number;
}

/** Fewest and most that may be on their way: few enough to be named when the link breaks, and memory is no queue. */
const LEAST = { messages: 2_000, bytes: 512 * 1024 };
const MOST = { messages: 65_536, bytes: 16 * 1024 * 1024 };
/** A path may change under a long batch: what was learnt counts for one to two of these. */
const EPOCH_MS = 30_000;
/** Below this a duration tells more of the clock than of the link. */
const SHORTEST_MS = 0.05;

/**
 * How much may be on its way unconfirmed: what the link carries in two of its round trips, by the shortest that was seen
 * and the most that arrived in a time. On a short link that is next to nothing and the least holds; over a long one it
 * doubles with each round trip for as long as more of it brings more through.
 */
export class Flow {
  messages = LEAST.messages;
  bytes = LEAST.bytes;
  #arrived = 0;
  #arrivedBytes = 0;
  #arrivedAt: number;
  #epochAt: number;
  #roundTrips = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

  constructor(now: number) {
    this.#arrivedAt = now;
    this.#epochAt = now;
  }

  /** The shortest round trip that was seen lately; 0 before there was one. */
  get roundTripMs(): number {
    const shortest = Math.min(...this.#roundTrips);
    return Number.isFinite(shortest) ? shortest : 0;
  }

  leaving(now: number): Departure {
    return { at: now, arrived: this.#arrived, arrivedBytes: this.#arrivedBytes, arrivedAt: this.#arrivedAt };
  }

  /** They were confirmed. */
  arrived(departure: Departure, messages: number, bytes: number, now: number): void {
    this.#arrived += messages;
    this.#arrivedBytes += bytes;
    this.#arrivedAt = now;
    this.#note(now - departure.at, now);
    const ms = now - departure.arrivedAt;
    if (ms < SHORTEST_MS) return;
    const roundTrips = (2 * this.roundTripMs) / ms;
    // Never less than before: what a slower path would need less of does no harm.
    const grown = (most: number, now: number, carried: number): number =>
      Math.min(most, Math.max(now, Math.ceil(carried * roundTrips)));
    this.messages = grown(MOST.messages, this.messages, this.#arrived - departure.arrived);
    this.bytes = grown(MOST.bytes, this.bytes, this.#arrivedBytes - departure.arrivedBytes);
  }

  #note(roundTripMs: number, now: number): void {
    if (now - this.#epochAt > EPOCH_MS) {
      this.#epochAt = now;
      this.#roundTrips = [Number.POSITIVE_INFINITY, this.#roundTrips[0] ?? Number.POSITIVE_INFINITY];
    }
    this.#roundTrips[0] = Math.min(this.#roundTrips[0] ?? Number.POSITIVE_INFINITY, roundTripMs);
  }
}
