import { open } from 'node:fs/promises';
import { exportLine } from '../../deadletter/export.ts';
import { isComplete, scan } from '../../deadletter/scan.ts';
import { HeddleError } from '../../errors.ts';
import type { Home } from '../../letters/home.ts';
import { unlessAborted } from '../../time/wait.ts';
import type { Session } from '../session.ts';
import { notAllRead } from './coverage.ts';

const WRITE_AT = 256 * 1024;
/** Whatever `--orphan-after` says: what is removed next has no more time. */
const ORPHAN_AFTER_MS = 0;

export interface LineWriter {
  write(line: string): Promise<void>;
  /** Resolves when all of it is on the disk. */
  close(): Promise<void>;
}

/** Lines to a new file for its owner's eyes only, or to stdout. A file that is there is not touched. */
export async function lineWriter({ io, stop }: Session, path: string | undefined): Promise<LineWriter> {
  if (path === undefined) {
    const { stdout } = io;
    stdout.useEventLoop();
    // A reader who does not read must not keep us from a signal.
    const taken = (): Promise<void> => unlessAborted(stdout.drained(), stop);
    return {
      write: async (line) => {
        if (!stdout.write(line) || stdout.queued > WRITE_AT) await taken();
      },
      close: taken,
    };
  }
  const file = await open(path, 'wx', 0o600).catch((cause: Error) => {
    throw new HeddleError('output_unwritable', `cannot write ${path}: ${cause.message}`, { cause });
  });
  const torn = (cause: Error): never => {
    throw new HeddleError('output_unwritable', `cannot write ${path}: ${cause.message}`, {
      cause,
      hint: 'Not all of it stands there: remove it before the next try.',
    });
  };
  let waiting = '';
  return {
    write: async (line) => {
      waiting += line;
      if (waiting.length < WRITE_AT) return;
      const text = waiting;
      waiting = '';
      await file.appendFile(text).catch(torn);
    },
    close: async () => {
      try {
        await file.appendFile(waiting).catch(torn);
        await file.sync().catch(torn);
      } finally {
        await file.close();
      }
    },
  };
}

/** Writes every letter to a new file, on the disk when it resolves. Returns how many; throws when not all could be read. */
export async function exportTo(path: string, home: Home, session: Session): Promise<number> {
  const out = await lineWriter(session, path);
  let count = 0;
  try {
    const now = session.io.clock.now();
    const { letters, coverage } = await scan(home, { orphanAfterMs: ORPHAN_AFTER_MS, now, signal: session.stop });
    for await (const letter of letters) {
      await out.write(exportLine(letter));
      count += 1;
    }
    session.stop.throwIfAborted();
    if (!isComplete(coverage)) throw notAllRead(coverage, 'nothing is removed');
  } finally {
    await out.close();
  }
  return count;
}
