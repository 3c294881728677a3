import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { infoOf, letterIn, type Source } from './home.ts';
import { openJetStreamHome } from './jetstream-home.ts';
import type { Cause } from './kind.ts';

/** Failures of the latest time, by cause and worker. */
export interface RecentCounts {
  readonly total: number;
  readonly windowMs: number;
  /** The most frequent first; of very many workers the rarest are one, without a name. */
  readonly groups: readonly { readonly cause: Cause; readonly worker: string; readonly count: number }[];
}

interface Seen {
  readonly at: number;
  readonly cause: Cause;
  readonly worker: string;
}

/** Labels of a metric are for few values. */
const MOST_GROUPS = 100;
const OTHERS = 'other';
/** Of a flood it is enough to know that it is one. */
const MOST_SEEN = 100_000;

/** Counts what failed lately, again and again: each time only what came since is read. Where nothing is kept, it throws `no_match`. */
export class RecentLetters {
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #next = new Map<string, number>();
  #seen: Seen[] = [];

  constructor(windowMs: number, clock: Clock) {
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  async count(bus: Transport, signal?: AbortSignal): Promise<RecentCounts> {
    const home = await openJetStreamHome(bus, this.#clock);
    try {
      for (const source of home.sources) await this.#read(source, signal);
    } finally {
      await home.close();
    }
    const since = this.#clock.now() - this.#windowMs;
    this.#seen = this.#seen.filter(({ at }) => at >= since).slice(-MOST_SEEN);
    return { total: this.#seen.length, windowMs: this.#windowMs, groups: grouped(this.#seen) };
  }

  async #read(source: Source, signal: AbortSignal | undefined): Promise<void> {
    const { stream, subject, name } = source;
    const { last } = await infoOf(source);
    const known = this.#next.get(name);
    // A stream that was made anew counts from 1 again.
    const from =
      known === undefined || known > last + 1 ? { time: this.#clock.now() - this.#windowMs } : { seq: known };
    this.#next.set(name, last + 1);
    if ('seq' in from && from.seq > last) return;
    for await (const item of stream.read({ from, until: 'now', subject, signal })) {
      const letter = item.kind === 'kept' ? letterIn(source, item) : undefined;
      if (item.kind === 'kept') this.#next.set(name, Math.max(last, item.seq) + 1);
      if (letter !== undefined) this.#seen.push({ at: letter.at, cause: letter.cause, worker: letter.worker ?? '' });
    }
  }
}

function grouped(seen: readonly Seen[]): RecentCounts['groups'] {
  const counts = new Map<string, { cause: Cause; worker: string; count: number }>();
  for (const { cause, worker } of seen) {
    const named = `${cause}\n${worker}`;
    const key = counts.has(named) || counts.size < MOST_GROUPS ? named : `${cause}\n${OTHERS}`;
    const group = counts.get(key) ?? { cause, worker: key === named ? worker : OTHERS, count: 0 };
    group.count += 1;
    counts.set(key, group);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.cause + a.worker < b.cause + b.worker ? -1 : 1));
}
