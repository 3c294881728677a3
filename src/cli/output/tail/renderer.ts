import type { TailRecord } from '../../../tail/record.ts';

/** Makes lines of records; with their line ends, '' for a record that this form leaves out. */
export type TailRenderer = (record: TailRecord) => string;
