/** One tier's limit, as the rules file states it. */
export interface TierLimit {
  /** Size of the burst; Python's default is 10. */
  readonly maxConcurrent: number;
  /** Documented as the refill rate, and read by no Python router. */
  readonly tokensPerMinute: number | undefined;
}

/**
 * How buckets refill. `max_concurrent` is what Heddle's router does (a token every 60/max_concurrent seconds);
 * `tokens_per_minute` is what its documentation says.
 */
export type Refill = 'max_concurrent' | 'tokens_per_minute';

export const REFILLS: readonly Refill[] = ['max_concurrent', 'tokens_per_minute'];

export interface TokenBucket {
  /** Takes one token; a refusal costs nothing. `nowMs` is of a clock that nobody sets. */
  take(nowMs: number): boolean;
  level(nowMs: number): number;
}

export function tokensPerMinute(limit: TierLimit, refill: Refill): number {
  return refill === 'tokens_per_minute' ? (limit.tokensPerMinute ?? limit.maxConcurrent) : limit.maxConcurrent;
}

/** `start` carries the level of an earlier bucket over a reload, so that reloading is no way around a limit. */
export function tokenBucket(limit: TierLimit, refill: Refill, nowMs: number, start?: number): TokenBucket {
  const capacity = limit.maxConcurrent;
  const perMs = tokensPerMinute(limit, refill) / 60_000;
  let tokens = Math.min(capacity, start ?? capacity);
  let filledAt = nowMs;
  const level = (now: number): number => {
    // A clock that steps back gives nothing and takes nothing.
    if (now > filledAt) {
      tokens = Math.min(capacity, tokens + (now - filledAt) * perMs);
      filledAt = now;
    }
    return tokens;
  };
  return {
    level,
    take(now) {
      // Fractions of tokens add up with rounding errors; a whole one may be a hair less.
      if (level(now) < 1 - 1e-9) return false;
      tokens = Math.max(0, tokens - 1);
      return true;
    },
  };
}
