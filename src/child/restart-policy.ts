/** How often, and after which pauses, a program that died is started again. */
export interface RestartPolicy {
  /** The pause after the first early death; each further one in a row doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Early deaths in a row after which it is not started again. */
  readonly giveUpAfter: number;
  /** A program that lived this long, or that proved itself before, did not die early: counting begins anew. */
  readonly healthyAfterMs: number;
  /** The pause after such a death. */
  readonly pauseMs: number;
}

export const DEFAULT_RESTARTS: RestartPolicy = {
  firstMs: 1_000,
  longestMs: 60_000,
  giveUpAfter: 5,
  healthyAfterMs: 60_000,
  pauseMs: 1_000,
};

export interface Restarts {
  /** The pause before the next start; undefined: there is none. */
  died(healthy: boolean): number | undefined;
  /** Early deaths in a row. */
  readonly early: number;
}

export function restarts(policy: RestartPolicy): Restarts {
  let early = 0;
  return {
    died(healthy) {
      if (healthy) {
        early = 0;
        return policy.pauseMs;
      }
      early += 1;
      if (early >= policy.giveUpAfter) return undefined;
      return Math.min(policy.longestMs, policy.firstMs * 2 ** (early - 1));
    },
    get early() {
      return early;
    },
  };
}
