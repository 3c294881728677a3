import type { Check, Finding, Level } from './check.ts';
import { type Expectation, raises } from './expectation.ts';

/** What the caller wants of the checks, beyond what each says of itself. */
export interface Selection {
  readonly expectations: readonly Expectation[];
  readonly ignored: readonly Ignored[];
}

/** `--ignore bus.dead_letters` or `--ignore bus.worker_group=echo.local`. */
export interface Ignored {
  readonly check: string;
  readonly target: string | undefined;
}

export function readIgnored(text: string): Ignored {
  const at = text.indexOf('=');
  return at < 0 ? { check: text, target: undefined } : { check: text.slice(0, at), target: text.slice(at + 1) };
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
