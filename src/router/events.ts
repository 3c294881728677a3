import type { HeddleError } from '../errors.ts';
import type { Refill } from './token-bucket.ts';

/** Everything a router has to say. A new kind does not compile until the log shows it. */
export type RouterEvent =
  | {
      readonly kind: 'router_started';
      readonly url: string;
      /** Undefined: every replica hears every task. */
      readonly queue: string | undefined;
      readonly refill: Refill;
      readonly limits: readonly TierLimitView[];
      readonly overrides: number;
    }
  | { readonly kind: 'routed'; readonly workerType: string; readonly tier: string; readonly subject: string }
  | { readonly kind: 'dead_lettered'; readonly reason: string; readonly bytes: number }
  | { readonly kind: 'skipped'; readonly reason: string; readonly bytes: number }
  /** It was decided, and could not be handed to the bus. */
  | { readonly kind: 'unsent'; readonly subject: string; readonly error: HeddleError }
  /** A stream keeps refusals on this bus, and has not said that it keeps this one. */
  | { readonly kind: 'refusal_unkept'; readonly subject: string; readonly reason: string }
  | { readonly kind: 'rules_reloaded'; readonly limits: readonly TierLimitView[]; readonly overrides: number }
  | { readonly kind: 'reload_refused'; readonly reason: string }
  | ({ readonly kind: 'router_stopped' } & RouterCounts);

export interface TierLimitView {
  readonly tier: string;
  readonly burst: number;
  readonly perMinute: number;
}

/** What a router did so far. */
export interface RouterCounts {
  readonly received: number;
  readonly forwarded: number;
  readonly deadLettered: number;
  readonly skipped: number;
  /** Decided, and not handed to the bus. */
  readonly unsent: number;
}
