import { within } from '../time/wait.ts';
import { formatSize } from './flags/size.ts';
import type { Session } from './session.ts';

/** After a signal, whoever reads us has this long to take what was written before. */
const LEAVE_MS = 1000;
/** And this long for the line that says what was not taken. */
const LAST_LINE_MS = 100;

/** The end of a command that was told to end: a reader that does not read must not keep the program alive. */
export async function leaveSoon({ io, talk }: Session): Promise<void> {
  const { stdout, stderr, clock } = io;
  if (await within(clock, Promise.all([stdout.drained(), stderr.drained()]), LEAVE_MS)) return;
  const dropped = stdout.abandon();
  if (dropped > 0) {
    talk.warn(`nobody read stdout for ${LEAVE_MS / 1000} s after the signal: ${formatSize(dropped)} of output dropped`);
  }
  if (!(await within(clock, stderr.drained(), LAST_LINE_MS))) stderr.abandon();
}
