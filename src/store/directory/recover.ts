import { rm } from 'node:fs/promises';
import { openFile } from './files.ts';
import { type Segment, segmentPath } from './segment.ts';
import { type ActiveSegment, newSegment } from './segment-files.ts';
import { surveyFolder } from './survey.ts';

/** What a writer found when it opened a log, to be told to whoever runs it. */
export type LogNews =
  /** The end of the last record was missing: its writer ended while it wrote. It was never confirmed, and is dropped. */
  | { readonly kind: 'torn'; readonly path: string; readonly bytes: number }
  /** Bytes that are no records have records behind them: the disk, or somebody, changed them. They are passed over. */
  | { readonly kind: 'damaged'; readonly path: string; readonly bytes: number }
  /** The writer before ended without giving back its right to write. */
  | { readonly kind: 'taken_over'; readonly path: string; readonly pid: number };

/**
 * Makes a folder ready to be written, whatever became of its last writer: a torn end is cut off, and behind damage a new
 * segment begins, so that nothing which can be read is ever touched.
 */
export async function recover(
  folder: string,
  tell: (news: LogNews) => void,
): Promise<{ sealed: Segment[]; active: ActiveSegment }> {
  const surveys = await surveyFolder(folder);
  const last = surveys.at(-1);
  for (const { segment, torn, damaged } of surveys) {
    const bytes = damaged + (segment === last?.segment ? 0 : torn);
    if (bytes > 0) tell({ kind: 'damaged', path: segmentPath(folder, segment.base), bytes });
  }
  const segments = surveys.map(({ segment }) => segment);
  const next = Math.max(0, ...segments.map((segment) => segment.last)) + 1;
  if (last === undefined) return { sealed: [], active: await newSegment(folder, next) };
  const path = segmentPath(folder, last.segment.base);
  if (last.salt === undefined) {
    // Its writer ended while it made it, so nothing was confirmed in it.
    await rm(path, { force: true });
    return { sealed: segments.slice(0, -1), active: await newSegment(folder, next) };
  }
  if (last.damaged > 0) return { sealed: segments, active: await newSegment(folder, next) };
  const file = await openFile(path, 'write');
  try {
    if (last.torn > 0) {
      tell({ kind: 'torn', path, bytes: last.torn });
      await file.truncate(last.segment.bytes);
      await file.sync();
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { sealed: segments.slice(0, -1), active: { file, salt: last.salt, segment: last.segment } };
}
