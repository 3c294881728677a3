/** How long a server is left alone between two attempts to reconnect. */
export interface Backoff {
  /** From the beginning of one attempt to the next. */
  readonly delayMs: number;
  /** An attempt begins, one of `servers` that take turns. */
  attempted(servers: number): void;
  /** An attempt succeeded. */
  succeeded(): void;
}

const SHORTEST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * Doubles from 1 s to 30 s. Half of it is chance, because all clients of a server that went away come back at once.
 */
export function newBackoff(random: () => number): Backoff {
  let attempts = 0;
  let delayMs = SHORTEST_MS;
  return {
    get delayMs() {
      return delayMs;
    },
    attempted(servers) {
      const round = Math.floor(attempts / Math.max(1, servers));
      attempts += 1;
      const most = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** Math.min(round, 10));
      delayMs = Math.round(most / 2 + (most / 2) * random());
    },
    succeeded() {
      attempts = 0;
      delayMs = SHORTEST_MS;
    },
  };
}
