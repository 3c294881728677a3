import type { Guard } from '../time/guard.ts';
import { type Candidate, type Condition, holds, LOOK } from './condition.ts';

/** What must be true of a message to be shown. Lists hold alternatives; everything given must hold. */
export interface FilterRules {
  readonly worker?: readonly string[] | undefined;
  readonly tier?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  /** Ids whole, or their first characters. */
  readonly task?: readonly string[] | undefined;
  readonly parent?: readonly string[] | undefined;
  readonly goal?: readonly string[] | undefined;
  readonly request?: readonly string[] | undefined;
  readonly where?: readonly Condition[] | undefined;
  readonly grep?: readonly RegExp[] | undefined;
  readonly exclude?: readonly RegExp[] | undefined;
}

export type Verdict = 'pass' | 'drop' | 'undecided';

/** Fewer characters than this are no beginning of an id but a slip. */
export const SHORTEST_PREFIX = 6;

/** Judges many messages at once, because the guard over the user's patterns costs the same for one as for a hundred. */
export interface Filter {
  /** `untilLate`: of the first ones alone, up to the one over which a pattern took too long. */
  many(candidates: readonly Candidate[], untilLate?: boolean): readonly Verdict[];
  /** Undefined where patterns are among the rules. */
  readonly one: ((candidate: Candidate) => boolean) | undefined;
}

type Test = (candidate: Candidate) => boolean;

/** Undefined when there is nothing to ask. */
export function createFilter(rules: FilterRules, guard: () => Guard): Filter | undefined {
  const plain: Test[] = [];
  const guarded: Test[] = [];
  const among = (allowed: readonly string[] | undefined, of: (candidate: Candidate) => string | undefined): void => {
    if (allowed === undefined || allowed.length === 0) return;
    const set = new Set(allowed);
    plain.push((candidate) => set.has(of(candidate) ?? ''));
  };
  const id = (
    allowed: readonly string[] | undefined,
    of: (candidate: Candidate) => readonly (string | undefined)[],
  ) => {
    if (allowed === undefined || allowed.length === 0) return;
    plain.push((candidate) => of(candidate).some((value) => value !== undefined && isOneOf(value, allowed)));
  };
  among(rules.worker, ({ facts }) => facts.worker);
  among(rules.tier, ({ facts }) => facts.tier);
  among(rules.status, ({ facts }) => facts.status);
  among(rules.kind, ({ decoded }) => decoded.kind);
  id(rules.task, ({ facts }) => [facts.task]);
  id(rules.parent, ({ facts }) => [facts.parent]);
  // The final result of a goal has the goal's id as its own task_id.
  id(rules.goal, ({ facts }) => [facts.goal, facts.request]);
  id(rules.request, ({ facts }) => [facts.request]);
  for (const condition of rules.where ?? []) {
    (condition.pattern === undefined ? plain : guarded).push((candidate) => holds(condition, candidate));
  }
  for (const pattern of rules.grep ?? []) guarded.push((candidate) => pattern.test(lookedAt(candidate)));
  for (const pattern of rules.exclude ?? []) guarded.push((candidate) => !pattern.test(lookedAt(candidate)));

  if (plain.length === 0 && guarded.length === 0) return undefined;
  const passes = (candidate: Candidate, tests: readonly Test[]): boolean => {
    for (const test of tests) if (!test(candidate)) return false;
    return true;
  };
  if (guarded.length === 0) {
    const one = (candidate: Candidate): boolean => passes(candidate, plain);
    return { one, many: (candidates) => candidates.map((each) => (one(each) ? 'pass' : 'drop')) };
  }
  const guardOnce = guard();
  const many = (candidates: readonly Candidate[], untilLate = false): readonly Verdict[] => {
    const verdicts: Verdict[] = candidates.map((each) => (passes(each, plain) ? 'undecided' : 'drop'));
    let at = 0;
    while (at < candidates.length) {
      const inTime = guardOnce(() => {
        for (; at < candidates.length; at += 1) {
          if (verdicts[at] === 'drop') continue;
          verdicts[at] = passes(candidates[at] as Candidate, guarded) ? 'pass' : 'drop';
        }
      });
      // The one it stopped at stays undecided: rather shown than lost.
      if (!inTime) at += 1;
      if (!inTime && untilLate) return verdicts.slice(0, at);
    }
    return verdicts;
  };
  return { one: undefined, many };
}

/** One may be late because the machine is busy; the pattern is slow when several are. */
const MOST_LATE = 5;

/** Of the first ones alone, up to the last of a few over which a pattern took too long: half a second of somebody's patience. */
export function manySoon(filter: Filter, candidates: readonly Candidate[]): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  for (let late = 0; late < MOST_LATE && verdicts.length < candidates.length; late += 1) {
    for (const each of filter.many(candidates.slice(verdicts.length), true)) verdicts.push(each);
  }
  return verdicts;
}

function isOneOf(value: string, allowed: readonly string[]): boolean {
  return allowed.some((each) => value === each || (each.length >= SHORTEST_PREFIX && value.startsWith(each)));
}

const LENIENT = new TextDecoder();

/** Text of the message as it came; of bytes that are no text, whatever can be read. */
function lookedAt({ decoded, bytes, subject }: Candidate): string {
  const text = decoded.text ?? LENIENT.decode(bytes.subarray(0, LOOK));
  return `${subject} ${text.length > LOOK ? text.slice(0, LOOK) : text}`;
}
