import { coverageDocument } from '../document.ts';
import type { Plan } from './plan.ts';
import { type Tally, totalOf } from './tally.ts';

// A replay as programs read it.

/** How a replay ended. */
export interface ReplayEnd {
  readonly operation: string;
  readonly state: 'done' | 'stopped' | 'aborted';
  readonly selected: number;
  readonly tally: Tally;
}

export function planDocument({ rows, left, foreseen, unawaited, goals, exhausted, coverage }: Plan, operation: string) {
  return {
    operation,
    selected: rows.length,
    left_out: {
      already_sent: left.sent,
      being_sent: left.busy,
      uncertain: left.uncertain,
      too_many_replays: left.exhausted,
      beyond_limit: left.beyond,
      unsendable: Object.fromEntries(left.unsendable),
    },
    would_fail_again: Object.fromEntries(foreseen),
    unawaited,
    goals_to_send_instead: goals,
    too_many_replays: exhausted,
    coverage: coverageDocument(coverage),
  };
}

export function endDocument({ operation, state, selected, tally }: ReplayEnd) {
  return {
    ok: state === 'done',
    operation,
    state,
    selected,
    remaining: selected - totalOf(tally),
    counts: countsDocument(tally),
  };
}

function countsDocument({ counts, stored, unknown }: Tally) {
  return { ...counts, stored_only: stored, heard_unknown: unknown };
}
