import type { Style } from './screen/style.ts';
import type { Sink } from './sink.ts';

/** What is said on stderr beside the answer. Everything here may be lost without losing the answer. */
export interface Talk {
  /** News that `--quiet` silences. */
  info(text: string): void;
  /** Only with `--verbose`. */
  detail(text: string): void;
  /** Something the user should know; `--quiet` keeps it. */
  warn(text: string): void;
}

export function createTalk(sink: Sink, how: { quiet: boolean; verbose: boolean; style: Style }): Talk {
  const line = (text: string): void => void sink.write(`${text}\n`);
  return {
    info: (text) => {
      if (!how.quiet) line(text);
    },
    detail: (text) => {
      if (how.verbose && !how.quiet) line(how.style.faint(text));
    },
    warn: (text) => line(`${how.style.warn('warning:')} ${text}`),
  };
}
