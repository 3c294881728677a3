import type { Bucket } from '../store/bucket.ts';
import type { Kept, Stream, StreamInfo } from '../store/stream.ts';
import { judge } from './judge.ts';
import { type Letter, letterOf } from './letter.ts';
import { decodeRecord, judgeRecord } from './record.ts';

/** Where dead letters are kept: streams to read, a journal of what was done with them. */
export interface Home {
  readonly kind: 'jetstream' | 'directory';
  /** In words: the address of a server, or a path. */
  readonly where: string;
  readonly sources: readonly Source[];
  /** The tasks themselves, where they are kept too: what failed results are replayed from. */
  readonly tasks: Source | undefined;
  /** What becomes of the letters of an import; opened, and made where it is not there. */
  imported(): Promise<Source>;
  readonly journal: Bucket;
  /**
   * Where somebody else asks for the end of a replay, by its id: in a folder nobody but the process that runs it may write the journal.
   * Undefined where anybody may.
   */
  readonly aborts: Bucket | undefined;
  /** Makes the journal where it is not there. */
  ensureJournal(): Promise<void>;
  close(): Promise<void>;
}

/** A stream that holds letters, among other things perhaps. */
export interface Source {
  /** What the ids of its letters begin with. */
  readonly name: string;
  readonly stream: Stream;
  /** Of a stream of others: which of its subjects are looked at. */
  readonly subject: string | undefined;
  /** Captured by a server, or appended by us with what we knew. */
  readonly form: 'captured' | 'record';
  readonly ours: boolean;
}

/** Undefined for what is no failed work: a result that tells of success. */
export function letterIn(source: Source, kept: Kept): Letter | undefined {
  const { seq } = kept;
  if (source.form === 'captured') {
    const { subject, at, data: bytes } = kept;
    const finding = subject === undefined ? undefined : judge(subject, bytes);
    if (subject === undefined || finding === undefined) return undefined;
    return letterOf(finding, { source: source.name, seq, keptAt: at, at, subject, bytes });
  }
  const record = decodeRecord(kept);
  const finding = record && judgeRecord(record);
  if (record === undefined || finding === undefined) return undefined;
  // Who writes it down knows its number, and not yet when the disk had it.
  return letterOf(finding, { ...record, source: source.name, seq, keptAt: record.at });
}

export async function infoOf({ stream }: Source): Promise<StreamInfo> {
  return await stream.info();
}
