import { stat } from 'node:fs/promises';
import type { Clock } from '../../time/clock.ts';
import { LogCursor } from './cursor.ts';
import { unless } from './files.ts';
import type { Log } from './log.ts';
import type { LogRecord } from './record.ts';
import { basesIn, segmentPath } from './segment.ts';

/** Another text when anything was written since. */
export async function looksOf(folder: string): Promise<string> {
  const looks: string[] = [];
  for (const base of await basesIn(folder)) {
    const found = await stat(segmentPath(folder, base)).catch(unless('ENOENT'));
    if (found !== undefined) looks.push(`${base} ${found.ino} ${found.size} ${found.mtimeMs}`);
  }
  return looks.join('\n');
}

/**
 * The latest record of each key, in the order of their sequences. After a merge that was cut short older segments are still
 * there; the merged one, which comes first, reaches beyond them, and the cursor passes over what is behind it.
 */
export async function latestIn(folder: string, clock: Clock, log: Log | undefined): Promise<Map<string, LogRecord>> {
  const latest = new Map<string, LogRecord>();
  const cursor = new LogCursor(folder, clock, () => log, 0);
  try {
    for (let batch = await cursor.next(); batch.length > 0; batch = await cursor.next()) {
      for (const record of batch) {
        const { k: key } = record.description;
        if (key === undefined) continue;
        latest.delete(key);
        latest.set(key, record);
      }
    }
  } finally {
    await cursor.close();
  }
  return latest;
}
