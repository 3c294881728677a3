import type { SomeAdvice } from '../../remedy.ts';
import { coverageDocument } from '../document.ts';
import { instead } from '../explain.ts';
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

/** What is about to be done. `words`: the wording of what to do with what cannot be sent from here. */
export function planDocument(
  { rows, left, foreseen, unawaited, goals, exhausted, coverage }: Plan,
  operation: string,
  words: (advice: SomeAdvice) => string,
) {
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
      instead: insteadOf(left).map(words),
    },
    would_fail_again: Object.fromEntries(foreseen),
    unawaited,
    goals_to_send_instead: goals,
    too_many_replays: exhausted,
    coverage: coverageDocument(coverage),
  };
}

/** What to do with those that cannot be sent from here. */
export function insteadOf({ unseen }: Plan['left']): SomeAdvice[] {
  return [...unseen].sort().flatMap((kind) => instead({ kind }) ?? []);
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
