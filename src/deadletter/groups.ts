import { plainReason } from '../letters/fingerprint.ts';
import type { Cause, Kind } from '../letters/kind.ts';
import type { Letter } from '../letters/letter.ts';
import type { Standing } from './standing.ts';

/** Failures with one cause, as far as their words tell. */
export interface Group {
  readonly fingerprint: string;
  readonly kind: Kind;
  readonly cause: Cause;
  readonly worker: string | undefined;
  readonly place: string;
  /** Values taken out. */
  readonly reason: string;
  count: number;
  firstAt: number;
  lastAt: number;
  /** Of them, how many had been sent again before they failed like this. */
  returned: number;
  /** Ids of the latest. */
  readonly samples: string[];
}

const MOST_SAMPLES = 3;

/** Gathers letters into groups, at a cost of memory for each group alone. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #most: number;
  #total = 0;
  #beyond = 0;

  /** Letters of further groups than this are counted together. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get total(): number {
    return this.#total;
  }

  /** Letters that are in no group, because there are too many groups. */
  get beyond(): number {
    return this.#beyond;
  }

  add(letter: Letter, { returns }: Standing): void {
    const { fingerprint, kind, cause, worker, place, reason, at, id } = letter;
    this.#total += 1;
    let group = this.#groups.get(fingerprint);
    if (group === undefined) {
      if (this.#groups.size >= this.#most) {
        this.#beyond += 1;
        return;
      }
      group = {
        ...{ fingerprint, kind, cause, worker, place, reason: plainReason(reason) },
        ...{ count: 0, firstAt: at, lastAt: at, returned: 0, samples: [] },
      };
      this.#groups.set(fingerprint, group);
    }
    group.count += 1;
    group.firstAt = Math.min(group.firstAt, at);
    group.lastAt = Math.max(group.lastAt, at);
    if (returns > 0) group.returned += 1;
    group.samples.push(id);
    if (group.samples.length > MOST_SAMPLES) group.samples.shift();
  }

  /** The largest first; of equals the one that failed last. */
  list(): readonly Group[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count || b.lastAt - a.lastAt);
  }
}
