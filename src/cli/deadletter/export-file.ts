import { open } from 'node:fs/promises';
import { exportLine } from '../../deadletter/export.ts';
import type { Home } from '../../deadletter/home.ts';
import { scan } from '../../deadletter/scan.ts';
import { HeddleError } from '../../errors.ts';
import type { Session } from '../session.ts';

const WRITE_AT = 256 * 1024;
/** Whatever `--orphan-after` says: what is removed next has no more time. */
const ORPHAN_AFTER_MS = 0;

/** Writes every letter to a new file, on the disk when it resolves. Returns how many. A file that is there is not touched. */
export async function exportTo(path: string, home: Home, session: Session): Promise<number> {
  const { clock } = session.io;
  const file = await open(path, 'wx', 0o600).catch((cause: Error) => {
    throw new HeddleError('output_unwritable', `cannot write ${path}: ${cause.message}`, { cause });
  });
  let count = 0;
  try {
    const { letters } = await scan(home, { orphanAfterMs: ORPHAN_AFTER_MS, now: clock.now(), signal: session.stop });
    let waiting = '';
    for await (const letter of letters) {
      waiting += exportLine(letter);
      count += 1;
      if (waiting.length < WRITE_AT) continue;
      await file.appendFile(waiting);
      waiting = '';
    }
    await file.appendFile(waiting);
    session.stop.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
  return count;
}
