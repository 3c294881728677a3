import type { PlainResult } from '../contract/plain-result.ts';
import type { DecodedMessage } from '../contract/read-message.ts';
import type { Facts } from './facts.ts';
import type { Snapshot } from './figures.ts';
import type { LintNote } from './lint.ts';

/** One thing that the tail has to say, in its order. */
export type TailRecord = MessageRecord | GapRecord | OrphanRecord | SummaryRecord;

/** One message, as it came and as it was understood. */
export interface MessageRecord {
  readonly record: 'message';
  readonly subject: string;
  /** Milliseconds since 1970: when it reached us, or the stream that kept it. */
  readonly receivedAt: number;
  /** As they came. Only while the record is being handed over: a receiver that keeps them makes a copy. */
  readonly bytes: Uint8Array;
  /** Set for a result that was known at a glance, where that is enough; the bytes are then one line of JSON. */
  readonly plain?: PlainResult | undefined;
  readonly decoded: DecodedMessage;
  readonly facts: Facts;
  readonly pair: PairNote | undefined;
  readonly lint: LintNote | undefined;
  /** A pattern of the user took too long on it, so it is shown as if it had matched. */
  readonly undecided: boolean;
}

/** What is known of a message by those that came before it. */
export interface PairNote {
  /** From the task (or goal) to this. */
  readonly latencyMs: number | undefined;
  /** From the router's hand to this. */
  readonly sinceRoutedMs: number | undefined;
  /** 2 for the second final result of one task. */
  readonly nth: number;
  /** Came after its task was given up as an orphan. */
  readonly late: boolean;
  /** The final result of a goal: its tasks that were seen. */
  readonly stages: { readonly seen: number; readonly completed: number; readonly failed: number } | undefined;
}

/** Why something may have been missed. */
export type GapReason = 'disconnected' | 'stale' | 'slow_consumer' | 'buffer' | 'history' | 'unreadable';

/** Something may have been missed here. */
export interface GapRecord {
  readonly record: 'gap';
  readonly reason: GapReason;
  /** Milliseconds since 1970: the last moment of which we are sure. */
  readonly from: number;
  readonly to: number;
  /** Undefined: nobody knows. */
  readonly missed: number | undefined;
  /** What the server is known to have sent in vain, when the whole is not known. */
  readonly atLeast?: number | undefined;
  readonly detail?: string | undefined;
}

/** A task that nothing answered in time. */
export interface OrphanRecord {
  readonly record: 'orphan';
  readonly task: string;
  readonly worker: string | undefined;
  readonly tier: string | undefined;
  readonly goal: string | undefined;
  readonly sentAt: number;
  readonly waitedMs: number;
}

/** The figures of a tail, at its end or on the way. */
export interface SummaryRecord {
  readonly record: 'summary';
  readonly at: number;
  /** False for the figures of `--stats` on the way. */
  readonly final: boolean;
  readonly figures: Snapshot;
}
