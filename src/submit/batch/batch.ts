import type { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Item, ReadItem } from './item.ts';
import type { Journal } from './journal.ts';
import type { Line } from './lines.ts';
import type { Pace } from './pace.ts';
import type { LineRanges, Tally } from './tally.ts';

/** What both kinds of batch need: sending only, and sending with answers. */
export interface BatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Blocks of lines; read no faster than they are sent. */
  readonly lines: AsyncIterable<readonly Line[]>;
  readonly read: (line: number, text: string) => ReadItem;
  /** Malformed lines: end the batch, or only report them. What was sent before is never lost. */
  readonly onError: 'stop' | 'skip';
  readonly onProblem: (line: number, problem: string) => void;
  /** Go on although nobody listens. */
  readonly allowUnheard: boolean;
  readonly pace: Pace;
  readonly journal?: Journal | undefined;
  /** How long a lost connection may stay away. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Alive while the batch runs. */
  readonly tally: Tally;
}

export interface BatchEnd {
  readonly stopped: 'end_of_input' | 'malformed_line' | 'nobody_listens' | 'interrupted' | 'connection';
  /** Why the connection ended it. */
  readonly error?: HeddleError | undefined;
  /** Lines of which nobody knows whether they arrived. */
  readonly uncertain: LineRanges;
  readonly unheard: LineRanges;
  /** Where the first of them was published: whole tasks have types and tiers of their own. */
  readonly unheardSubject?: string | undefined;
  /** Until the last message was confirmed or answered. */
  readonly elapsedMs: number;
}

/** Thrown inside to leave the loops; the batch turns it into its end. */
export class BatchStop extends Error {
  readonly why: BatchEnd['stopped'];

  constructor(why: BatchEnd['stopped']) {
    super(why);
    this.why = why;
  }
}

/** Items in the order of the lines; what is not to be sent is counted and left out. */
export function takeItem(options: BatchOptions, line: Line): (Item & { readonly source: string }) | undefined {
  const { tally, journal } = options;
  tally.read += 1;
  if (line.text === undefined) return refuse(options, line.number, line.problem);
  if (journal?.isDone(line.number, line.text) === true) {
    tally.skipped += 1;
    return undefined;
  }
  const item = options.read(line.number, line.text);
  if ('problem' in item) return refuse(options, line.number, item.problem);
  if ('notATask' in item) {
    tally.other += 1;
    return undefined;
  }
  return Object.assign(item, { source: line.text });
}

/** Reports one line that is not sent; ends the batch when the user wants that. */
export function refuse(options: BatchOptions, line: number, problem: string): undefined {
  options.tally.malformed += 1;
  options.onProblem(line, problem);
  if (options.onError === 'stop') throw new BatchStop('malformed_line');
  return undefined;
}
