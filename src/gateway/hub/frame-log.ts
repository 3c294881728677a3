import type { StoreKind } from '../events.ts';
import type { Interest, Notice, Told } from './frame.ts';

/** Whoever hands on what a log tells. */
export interface LogListener {
  /** In order. The data is good until this returns. */
  told(frame: Told): void;
  /** What was to be told is not kept (`gap`), or the log has begun anew (`restart`): ids of before lead nowhere. */
  broken(reason: 'gap' | 'restart'): void;
}

/**
 * What clients are told, kept for a while in one order, so that who comes back misses nothing. It stands in JetStream, where every
 * replica finds it, or in the memory of this process.
 */
export interface FrameLog {
  readonly kind: StoreKind;
  /** Of this log and no other. */
  readonly epoch: string;
  /** The offset of the latest frame that the listener was told. */
  readonly last: number;
  /** Resolves when it is kept. In the order of the calls. */
  append(notice: Notice): Promise<void>;
  /**
   * Between which offsets a client may have been when it left: all that concerns it and came later is kept. undefined: the log is not
   * the one that it was, which is told in a moment.
   */
  reach(interest: Interest): Promise<{ readonly from: number; readonly to: number } | undefined>;
  /**
   * What is kept after the offset, up to what was there when it began; `gap`: some went meanwhile. The data of each stays what it is
   * until it ends, which it does without an error when aborted.
   */
  replay(interest: Interest, after: number, signal: AbortSignal): AsyncIterable<Told | 'gap'>;
  close(): Promise<void>;
}
