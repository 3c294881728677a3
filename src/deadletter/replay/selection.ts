import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Bucket } from '../../store/bucket.ts';
import { chunkKey, type Operation } from './operation.ts';

/** One letter of a selection, frozen: nothing that comes later changes what an operation is about. */
export interface Row {
  readonly id: string;
  /** Whose work it is, in the journal's words. */
  readonly work: string;
  /** How often it had been sent when it was selected: who sends it first makes the others leave it. */
  readonly sends: number;
  /** Where the task itself is kept, when not in the letter. */
  readonly taskSeq: number | undefined;
  /** It was put away when it was selected, and is sent all the same. */
  readonly archived: boolean;
}

/** A value of the journal stays well below what any server takes. */
const ROWS_IN_CHUNK = 5000;

export async function keepSelection(journal: Bucket, operation: string, rows: readonly Row[]): Promise<number> {
  let chunk = 0;
  for (let from = 0; from < rows.length; from += ROWS_IN_CHUNK, chunk += 1) {
    const some = rows.slice(from, from + ROWS_IN_CHUNK);
    const text = JSON.stringify(
      some.map(({ id, work, sends, taskSeq, archived }) => [id, work, sends, taskSeq ?? 0, archived ? 1 : 0]),
    );
    await journal.put(chunkKey(operation, chunk), text);
  }
  return chunk;
}

/** Throws when not all of it is there: of a part that is missing nobody would see that it was not sent. */
export async function readSelection(
  journal: Bucket,
  { id, chunks, count }: Pick<Operation, 'id' | 'chunks' | 'count'>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const entry = await journal.get(chunkKey(id, chunk)).catch((error: unknown) => {
      if (isHeddleError(error) && error.code === 'no_match') return undefined;
      throw error;
    });
    const read: unknown = entry === undefined ? [] : JSON.parse(Buffer.from(entry.value).toString());
    for (const row of Array.isArray(read) ? read : []) {
      const [letter, work, sends, taskSeq, archived] = row as [string, string, number, number, number | undefined];
      rows.push({ id: letter, work, sends, taskSeq: taskSeq === 0 ? undefined : taskSeq, archived: archived === 1 });
    }
  }
  if (rows.length === count) return rows;
  throw new HeddleError('store_failed', `of the ${count} letters of replay ${id} the journal has ${rows.length}`, {
    hint: 'Entries of the journal last twice as long as letters. What was not sent is still open: select it anew.',
    retryable: false,
  });
}
