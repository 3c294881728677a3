import { symbolsFor } from '../../screen/symbols.ts';
import type { Session } from '../../session.ts';
import { humanLine } from './human.ts';
import { type Level, type LogEvent, levelOf } from './line.ts';
import { ndjsonLine } from './ndjson.ts';

export type LogFormat = 'human' | 'ndjson';

/** What may wait for a slow reader before lines are dropped: an actor never stalls over its log, nor fills memory with it. */
const MOST_QUEUED = 8 * 1024 * 1024;

/** The log of a long-running command, on stdout. Debug lines with `--verbose`, only warnings and errors with `--quiet`. */
export function createLog(session: Session, format: LogFormat): (event: LogEvent) => void {
  const { io, out } = session;
  const symbols = symbolsFor(out.unicode);
  let dropped = 0;
  const line = (event: LogEvent, level: Level): string =>
    format === 'ndjson'
      ? ndjsonLine(event, level, io.clock.now())
      : humanLine(event, level, io.clock.now(), out.style, symbols);
  return (event) => {
    const level = levelOf(event);
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

/** `--log-format json` is the machine format by another name. */
export function logFormatOf(session: Session, flag: unknown): LogFormat {
  if (flag === 'human') return 'human';
  return flag === 'json' || session.machine ? 'ndjson' : 'human';
}
