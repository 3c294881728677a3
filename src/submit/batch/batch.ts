import type { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { ItemReader } from './item.ts';
import type { Journal } from './journal.ts';
import type { Line } from './lines.ts';
import type { Pace } from './pace.ts';
import type { Reason } from './reasons.ts';
import type { LineRanges, Tally } from './tally.ts';

/** What both kinds of batch need: sending only, and sending with answers. */
export interface BatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Blocks of lines; read no faster than they are sent. */
  readonly lines: AsyncIterable<readonly Line[]>;
  readonly read: ItemReader;
  /** Malformed lines: end the batch, or only report them. What was sent before is never lost. */
  readonly onError: 'stop' | 'skip';
  readonly onProblem: (line: number, problem: string) => void;
  /** Go on although nobody listens. */
  readonly allowUnheard: boolean;
  readonly pace: Pace;
  readonly journal?: Journal | undefined;
  /** What an earlier run may have sent before it died: leave it out, or send it again under its id. Default: leave it. */
  readonly doubts?: 'leave' | 'resend' | undefined;
  /** Told of each that is left. */
  readonly onDoubt?: ((line: number, taskId: string) => void) | undefined;
  /** How long a lost connection may stay away. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Alive while the batch runs. */
  readonly tally: Tally;
}

export interface BatchEnd {
  readonly stopped: 'end_of_input' | 'malformed_line' | 'nobody_listens' | 'interrupted' | 'connection' | 'journal';
  /** Why the connection, or the journal, ended it. */
  readonly error?: HeddleError | undefined;
  /** Lines of which nobody knows whether they arrived. */
  readonly uncertain: LineRanges;
  readonly unheard: LineRanges;
  /** Where the first of them was published: whole tasks have types and tiers of their own. */
  readonly unheardSubject?: string | undefined;
  /** Done, and not noted in the journal: a rerun will be in doubt about them. */
  readonly unwritten?: LineRanges | undefined;
  /** The JetStream streams that acknowledged messages of this batch. */
  readonly streams?: ReadonlySet<string> | undefined;
  /** Why tasks failed, or were refused. */
  readonly reasons?: readonly Reason[] | undefined;
  /** Until the last message was confirmed or answered. */
  readonly elapsedMs: number;
}

/** Thrown inside to leave the loops; the batch turns it into its end. */
export class BatchStop extends Error {
  readonly why: BatchEnd['stopped'];
  readonly error: HeddleError | undefined;

  constructor(why: BatchEnd['stopped'], error?: HeddleError) {
    super(why, { cause: error });
    this.why = why;
    this.error = error;
  }
}
