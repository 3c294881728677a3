import { isHeddleError } from '../../errors.ts';
import type { Bucket } from '../../store/bucket.ts';
import { chunkKey } from './operation.ts';

/** One letter of a selection, frozen: nothing that comes later changes what an operation is about. */
export interface Row {
  readonly id: string;
  /** Whose work it is, in the journal's words. */
  readonly work: string;
  /** How often it had been sent when it was selected: who sends it first makes the others leave it. */
  readonly sends: number;
  /** Where the task itself is kept, when not in the letter. */
  readonly taskSeq: number | undefined;
}

/** A value of the journal stays well below what any server takes. */
const ROWS_IN_CHUNK = 5000;

export async function keepSelection(journal: Bucket, operation: string, rows: readonly Row[]): Promise<number> {
  let chunk = 0;
  for (let from = 0; from < rows.length; from += ROWS_IN_CHUNK, chunk += 1) {
    const some = rows.slice(from, from + ROWS_IN_CHUNK);
    const text = JSON.stringify(some.map(({ id, work, sends, taskSeq }) => [id, work, sends, taskSeq ?? 0]));
    await journal.put(chunkKey(operation, chunk), text);
  }
  return chunk;
}

export async function readSelection(journal: Bucket, operation: string, chunks: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const entry = await journal.get(chunkKey(operation, chunk)).catch((error: unknown) => {
      if (isHeddleError(error) && error.code === 'no_match') return undefined;
      throw error;
    });
    const read: unknown = entry === undefined ? [] : JSON.parse(Buffer.from(entry.value).toString());
    for (const row of Array.isArray(read) ? read : []) {
      const [id, work, sends, taskSeq] = row as [string, string, number, number];
      rows.push({ id, work, sends, taskSeq: taskSeq === 0 ? undefined : taskSeq });
    }
  }
  return rows;
}
