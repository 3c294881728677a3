import type { EndingRules } from '../../tail/ending.ts';
import type { FilterRules } from '../../tail/filter.ts';
import { patternsOf } from '../../tail/subjects.ts';
import type { TailFlags } from './flags.ts';

/** What was asked of `tail`, in the words of the room below. */
export interface TailRequest extends TailFlags {
  readonly patterns: readonly string[];
  /** For a replay: nothing was chosen, so everything is. */
  readonly allSubjects: boolean;
  readonly filter: FilterRules;
  readonly ending: EndingRules;
  /** Begins with the past. */
  readonly past: boolean;
  /** Patterns of the user's run, so the guard is needed. */
  readonly guarded: boolean;
}

export function tailRequest(subjects: readonly string[], flags: TailFlags): TailRequest {
  const { pair, control, all, anySubject, where, grep, exclude, until, highlight } = flags;
  const pairsOnly = pair && subjects.length === 0;
  const tasks = flags.tasks || pairsOnly;
  const goals = flags.goals || pairsOnly;
  return {
    ...flags,
    patterns: patternsOf({ subjects, tasks, goals, control, all, anySubject }),
    allSubjects: subjects.length === 0 && !(tasks || goals || control),
    filter: flags,
    ending: { ...flags, forMs: flags.for, idleMs: flags.idle },
    past: flags.since !== undefined || flags.last !== undefined,
    guarded:
      grep.length > 0 ||
      exclude.length > 0 ||
      [...where, ...until].some(({ pattern }) => pattern !== undefined) ||
      highlight !== undefined,
  };
}
