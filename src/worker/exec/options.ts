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
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly log: (event: ChildEvent) => void;
}
