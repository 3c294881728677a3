import type { Clock } from '../../time/clock.ts';
import type { ChildEvent } from '../events.ts';

export interface ExecOptions {
  /** An argument list; no shell is involved. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The longest answer, in bytes. Default 1 MiB, a server's usual max_payload. */
  readonly maxLine?: number | undefined;
  /** What messages call that limit, where whoever reads them can set it. */
  readonly maxLineCalled?: string | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly log: (event: ChildEvent) => void;
}

const DEFAULT_MAX_LINE = 1024 * 1024;

/** Of an answer that is longer: what was allowed. */
export function beyondMaxLine({ maxLine = DEFAULT_MAX_LINE, maxLineCalled }: ExecOptions): string {
  return `more than ${maxLineCalled ?? `the ${maxLine} allowed`}`;
}
