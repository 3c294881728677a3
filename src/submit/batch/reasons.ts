/** Ends of a task that come with words. */
export type BadEnd = 'failed' | 'dead_lettered' | 'malformed';

/** Why so many tasks ended as they did. */
export interface Reason {
  readonly outcome: BadEnd;
  readonly reason: string;
  readonly count: number;
}

/** A worker may put an id into each of its texts: so many different ones are counted, and so many told. */
const MOST_COUNTED = 1000;
const MOST_TOLD = 20;
const LONGEST_REASON = 200;

/** Counts the reasons of bad ends, for those that repeat. */
export class Reasons {
  readonly #counted = new Map<string, { outcome: BadEnd; reason: string; count: number }>();

  add(outcome: BadEnd, text: string): void {
    const reason = text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON)}…`;
    const key = `${outcome} ${reason}`;
    const known = this.#counted.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#counted.size < MOST_COUNTED) this.#counted.set(key, { outcome, reason, count: 1 });
  }

  /** The most frequent first. */
  get all(): readonly Reason[] {
    const all = [...this.#counted.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
    return all.slice(0, MOST_TOLD);
  }
}
