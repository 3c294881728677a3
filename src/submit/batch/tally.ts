import { HeddleError } from '../../errors.ts';

/** Where every line of a batch stands. The numbers of the summary; alive while the batch runs. */
export interface Tally {
  /** Lines that held something. */
  read: number;
  /** Refused before sending: no JSON, no object, not what the schema wants, too large. */
  malformed: number;
  /** Records of something that is no task. */
  other: number;
  /** Left out because the journal says that an earlier run did them. */
  skipped: number;
  /** Left out because an earlier run died before it knew whether it had sent them. */
  in_doubt: number;
  /** Handed to the connection. */
  published: number;
  /** Taken by the server: the only ones that are called sent. */
  sent: number;
  /** Published, and neither confirmed nor answered: may or may not have arrived. */
  uncertain: number;
  /** Sent, and nobody listened. */
  unheard: number;
  /** Of those sent: acknowledged by a JetStream stream, which says nothing of listeners. */
  stored: number;
  bytes: number;
  completed: number;
  failed: number;
  dead_lettered: number;
  malformed_results: number;
  timed_out: number;
  /** Sent, and neither answered nor given up when the batch ended. */
  open: number;
  /** Tasks that were answered twice. */
  duplicates: number;
  /** Done, and not noted in the journal because it could not be written. */
  unwritten: number;
}

export function emptyTally(): Tally {
  return {
    read: 0,
    malformed: 0,
    other: 0,
    skipped: 0,
    in_doubt: 0,
    published: 0,
    sent: 0,
    uncertain: 0,
    unheard: 0,
    stored: 0,
    bytes: 0,
    completed: 0,
    failed: 0,
    dead_lettered: 0,
    malformed_results: 0,
    timed_out: 0,
    open: 0,
    duplicates: 0,
    unwritten: 0,
  };
}

/** Answered in whatever way, or given up. */
export function endedOf({ completed, failed, dead_lettered, malformed_results, timed_out }: Tally): number {
  return completed + failed + dead_lettered + malformed_results + timed_out;
}

/**
 * Every message is in one place at the end of a batch: confirmed or uncertain, and, where answers were awaited, with one
 * end. Whatever happened to the bus and to us; that it is not so is our mistake, and no summary is shown that hides it.
 */
export function refuseWrongCounts(tally: Tally, waited: boolean): void {
  const { published, sent, uncertain, unheard, open } = tally;
  const ended = endedOf(tally) + unheard + open + uncertain;
  const wrong = published !== sent + uncertain || (waited && published !== ended);
  if (!wrong) return;
  throw new HeddleError('internal', `the counts of the batch do not add up: ${JSON.stringify(tally)}`);
}

/** Inclusive ranges of line numbers, kept short however many lines they hold. */
export class LineRanges {
  readonly ranges: [from: number, to: number][] = [];

  add(line: number): void {
    const last = this.ranges.at(-1);
    if (last !== undefined && line >= last[0] && line <= last[1] + 1) last[1] = Math.max(last[1], line);
    else this.ranges.push([line, line]);
  }

  toString(): string {
    const shown = this.ranges.slice(0, 10).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
    const rest = this.ranges.length - shown.length;
    return rest > 0 ? `${shown.join(', ')} and ${rest} more ranges` : shown.join(', ');
  }
}
