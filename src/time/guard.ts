import { createContext, Script } from 'node:vm';

/** How long the patterns of the user may take over one run of messages. */
export const PATIENCE_MS = 100;

/** Runs `work` and answers true, or false when it did not end in time. What it left half done is the caller's to judge. */
export type Guard = (work: () => void) => boolean;

/**
 * For what others wrote: a regular expression can take years over forty characters, and nothing but the engine itself can stop it. A run costs
 * a tenth of a millisecond, so many messages share one.
 */
export function createGuard(patienceMs = PATIENCE_MS): Guard {
  const box = { work: (): void => {} };
  const context = createContext(box);
  const script = new Script('work()');
  return (work) => {
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
