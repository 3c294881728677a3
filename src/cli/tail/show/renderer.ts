import type { LineSink } from '../../../tail/envelope.ts';
import type { TailRecord } from '../../../tail/record.ts';
import type { Guard } from '../../../time/guard.ts';
import type { TailFlags } from '../flags.ts';

export interface TailRenderer {
  /** Writes a record as a line or several, with their line ends; nothing for one that this form leaves out. */
  readonly write: (record: TailRecord, to: LineSink) => void;
  /** It shows more of a message than its envelope. */
  readonly looksInside: boolean;
}

/** What is shown of a message, as far as it was asked for. */
export type ShowFlags = Pick<TailFlags, 'wide' | 'body' | 'template' | 'highlight'>;

/** The guard is there when a pattern of the user's runs. */
export type MakeRenderer = (show: ShowFlags, guard: (() => Guard) | undefined) => Promise<TailRenderer>;
