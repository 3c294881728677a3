import { roundedMs } from '../../../delivery/receipt.ts';
import type { Outcome } from '../../../delivery/wait/outcome.ts';

/** How it ended, in the keys that every JSON document of `submit` uses for it. */
export function outcomeView(outcome: Outcome): { outcome: string; elapsed_ms: number; reason: string | null } {
  return { outcome: outcome.kind, elapsed_ms: roundedMs(outcome.elapsedMs), reason: reasonOf(outcome) };
}

function reasonOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case 'completed':
    case 'unheard':
      return null;
    case 'failed':
      return outcome.result.error ?? null;
    case 'dead_lettered':
      return outcome.reason;
    case 'malformed':
      return outcome.problem;
    case 'timeout':
      return outcome.lastSeen ?? null;
    case 'lost':
      return outcome.error.message;
  }
}
