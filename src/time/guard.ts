import { closeSync, openSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { isOutOfFiles } from '../errors.ts';

/** How long the patterns of the user may take over one run of messages. */
export const PATIENCE_MS = 100;

/**
 * Bun's engine gives up on a regular expression after some hundred million steps and says that it does not match. What took longer than this
 * may be that, and is no answer.
 */
const TRUSTED_MS = process.versions.bun === undefined ? Number.POSITIVE_INFINITY : 100;

/** Runs `work` and answers true, or false when it did not end in time. What it left half done is the caller's to judge. */
export type Guard = (work: () => void) => boolean;

/** So long at most may a guard over patterns wait on this runtime, of the `patienceMs` that somebody has. */
export function trustedMs(patienceMs: number): number {
  return Math.min(patienceMs, TRUSTED_MS);
}

/**
 * For what others wrote: a regular expression can take years over forty characters, and nothing but the engine itself can stop it. A run costs
 * a tenth of a millisecond, so many messages share one.
 */
export function createGuard(patienceMs = PATIENCE_MS): Guard {
  const box = { work: (): void => {} };
  const context = createContext(box);
  const script = new Script('work()');
  return (work) => {
    throwWithoutDescriptors();
    box.work = work;
    try {
      script.runInContext(context, { timeout: patienceMs });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
      throw error;
    } finally {
      box.work = () => {};
    }
  };
}

/** What the engine's watchdog opens for one run. Where it may not, it does not throw: it ends the process. */
const DESCRIPTORS = 5;

function throwWithoutDescriptors(): void {
  const open: number[] = [];
  try {
    while (open.length < DESCRIPTORS) open.push(openSync('/dev/null', 'r'));
  } catch (error) {
    // Where there is no such file, nobody knows.
    if (isOutOfFiles(error)) throw error;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}
