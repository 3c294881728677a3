import { oneOf } from '../flags/flag.ts';
import type { Formats } from '../output-format.ts';
import { symbolsFor } from '../screen/symbols.ts';
import { humanLine } from './human.ts';
import type { Level, LogEvent } from './line.ts';
import { ndjsonLine } from './ndjson.ts';

/** The formats of every command whose answer is a log. */
export const LOG_FORMATS = {
  human: ({ io, out }) => {
    const symbols = symbolsFor(out.unicode);
    return (event, level) => humanLine(event, level, io.clock.now(), out.style, symbols);
  },
  ndjson:
    ({ io }) =>
    (event, level) =>
      ndjsonLine(event, level, io.clock.now()),
} satisfies Formats<(event: LogEvent, level: Level) => string>;

export type LogFormat = keyof typeof LOG_FORMATS;

/** The machine format by another name, the one that people know from other programs. */
export const logFormatFlag = oneOf('--log-format <format>', ['human', 'json'], 'log lines on stdout');

export function logFormatOf(format: LogFormat, flag: 'human' | 'json' | undefined): LogFormat {
  return flag === undefined ? format : flag === 'json' ? 'ndjson' : 'human';
}
