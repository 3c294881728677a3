import { is, type Keys, needed } from '../check-options.ts';
import type { Clock } from '../time/clock.ts';
import type { Guard } from '../time/guard.ts';
import type { EndingRules } from './ending.ts';
import type { Snapshot } from './figures.ts';
import type { FilterRules } from './filter.ts';
import type { Lint } from './lint.ts';
import type { Pairing } from './pairing.ts';
import type { TailRecord } from './record.ts';

/** Where the records go. */
export interface Output {
  /** Of messages it writes the envelope (writeEnvelope) and looks no further, so that they need not be read whole. */
  readonly envelopesOnly?: boolean | undefined;
  write(record: TailRecord): void;
  /** Called after several writes, so that they can leave together. */
  flush?(): void;
  hasRoom(): boolean;
  /** Resolves when there is room again, or never will be. */
  whenRoom(): Promise<void>;
}

/** Where a tail writes, what it leaves out, and when it ends. */
export interface TailOptions {
  readonly output: Output;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly filter?: FilterRules | undefined;
  readonly ending?: EndingRules | undefined;
  /** Messages wait in this much memory when the output cannot keep up; then the oldest are dropped and counted. Default 64 MiB. */
  readonly bufferBytes?: number | undefined;
  /** Needed for patterns only; createGuard of guard.ts. */
  readonly guard?: (() => Guard) | undefined;
  readonly pairing?: Pairing | undefined;
  readonly lint?: Lint | undefined;
  /** Hands over a summary this often: as a record to the output, in its place, and as figures to `onStats`. */
  readonly statsEveryMs?: number | undefined;
  readonly onStats?: ((figures: Snapshot) => void) | undefined;
}

export const DEFAULT_BUFFER = 64 * 1024 * 1024;

/** For `checkOptions`. */
export const TAIL_OPTIONS: Keys<TailOptions> = {
  output: needed(is.object),
  clock: is.clock,
  filter: is.object,
  ending: is.object,
  bufferBytes: is.number,
  guard: is.callback,
  pairing: is.object,
  lint: is.callback,
  statsEveryMs: is.number,
  onStats: is.callback,
};
