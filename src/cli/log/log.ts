import type { Session } from '../session.ts';
import { LOG_FORMATS, type LogFormat } from './formats.ts';
import { type Level, type LogEvent, levelOf } from './line.ts';

/** What may wait for a slow reader before lines are dropped: an actor never stalls over its log, nor fills memory with it. */
const MOST_QUEUED = 8 * 1024 * 1024;

/** The log of a long-running command, on stdout. Debug lines with `--verbose`, only warnings and errors with `--quiet`. */
export function createLog(session: Session, format: LogFormat): (event: LogEvent) => void {
  const { io } = session;
  const line = LOG_FORMATS[format](session);
  io.stdout.useEventLoop();
  io.stderr.useEventLoop();
  let dropped = 0;
  return (event) => {
    const level: Level | undefined = levelOf(event);
    if (level === undefined || (level === 'debug' && !session.verbose)) return;
    if (session.quiet && (level === 'debug' || level === 'info')) return;
    if (io.stdout.queued > MOST_QUEUED) {
      dropped += 1;
      return;
    }
    if (dropped > 0) {
      session.print(line({ kind: 'log_dropped', lines: dropped }, 'warn'));
      dropped = 0;
    }
    session.print(line(event, level));
  };
}
