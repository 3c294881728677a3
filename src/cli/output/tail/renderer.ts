import type { LineSink } from '../../../tail/envelope.ts';
import type { TailRecord } from '../../../tail/record.ts';

/** Writes a record as a line or several, with their line ends; nothing for one that this form leaves out. */
export type TailRenderer = (record: TailRecord, to: LineSink) => void;
