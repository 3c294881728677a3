import { HeddleError } from '../errors.ts';
import type { Advice } from '../remedy.ts';
import { didYouMean } from '../suggest.ts';
import type { Check, Finding, Level } from './check.ts';
import { CHECKS } from './checks/list.ts';
import { type Expectation, raises } from './expectation.ts';

/** What the caller wants of the checks, beyond what each says of itself. */
export interface Selection {
  readonly expectations: readonly Expectation[];
  readonly ignored: readonly Ignored[];
}

/** What does not count: `bus.dead_letters`, or of `bus.worker_group` what is about `echo.local`. */
export interface Ignored {
  readonly check: string;
  readonly target: string | undefined;
}

/** `check` or `check=target`. Throws `usage` for a check that does not exist: a slip of the pen would ignore nothing, and say nothing. */
export function readIgnored(text: string, checks: readonly Pick<Check, 'id'>[] = CHECKS): Ignored {
  const at = text.indexOf('=');
  const check = at < 0 ? text : text.slice(0, at);
  const ids = checks.map(({ id }) => id);
  if (!ids.includes(check)) {
    const guess = didYouMean(check, ids);
    const advice: Advice = guess === undefined ? { remedy: { do: 'name-check' } } : { hint: guess };
    throw new HeddleError('usage', `there is no check ${JSON.stringify(check.slice(0, 100))}`, advice);
  }
  return { check, target: at < 0 ? undefined : text.slice(at + 1) };
}

export function levelOf(check: Check, finding: Finding | undefined, { expectations }: Selection): Level {
  if (expectations.some((each) => raises(each, check.id, finding?.target))) return 'required';
  return finding?.level ?? check.level;
}

export function isIgnored(check: Check, finding: Finding | undefined, { ignored }: Selection): boolean {
  return ignored.some(
    (each) => each.check === check.id && (each.target === undefined || each.target === finding?.target),
  );
}
