import { isSubscribePattern } from '../contract/subject-grammar.ts';
import {
  ALL_CONTROL,
  ALL_GOALS,
  ALL_RESULTS,
  ALL_SUBJECTS,
  ALL_TASKS,
  TASKS_DEAD_LETTER,
} from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';

/** What the operator wants to follow. Nothing chosen: results and dead letters. */
export interface SubjectChoice {
  /** Patterns written out. */
  readonly subjects?: readonly string[] | undefined;
  readonly tasks?: boolean | undefined;
  readonly goals?: boolean | undefined;
  readonly control?: boolean | undefined;
  readonly all?: boolean | undefined;
  /** Allows patterns that reach beyond `heddle.`: other people's traffic. */
  readonly anySubject?: boolean | undefined;
}

const OURS = 'heddle.';
/** A subject of one token is rare, and the name of a worker is one. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The patterns to subscribe to; none of them lies wholly within another. */
export function patternsOf(choice: SubjectChoice): string[] {
  const chosen = (choice.subjects ?? []).map((pattern) => checked(pattern, choice.anySubject === true));
  if (choice.tasks) chosen.push(ALL_TASKS);
  if (choice.goals) chosen.push(ALL_GOALS);
  if (choice.control) chosen.push(ALL_CONTROL);
  if (choice.all) chosen.push(ALL_SUBJECTS);
  // A family is asked for in addition to the usual view; a subject written out replaces it.
  if ((choice.subjects ?? []).length === 0) chosen.push(ALL_RESULTS, TASKS_DEAD_LETTER);
  const distinct = [...new Set(chosen)];
  return distinct.filter((pattern) => !distinct.some((other) => other !== pattern && covers(other, pattern))).sort();
}

/** Does every subject that `narrow` matches match `wide`, too? */
export function covers(wide: string, narrow: string): boolean {
  const a = wide.split('.');
  const b = narrow.split('.');
  for (const [index, token] of a.entries()) {
    if (token === '>') return index < b.length;
    const other = b[index];
    if (other === undefined || other === '>') return false;
    if (token !== '*' && token !== other) return false;
  }
  return a.length === b.length;
}

/** Is there a subject that both match? Then both subscriptions bring it. */
export function overlap(one: string, other: string): boolean {
  const a = one.split('.');
  const b = other.split('.');
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined || right === undefined) return false;
    if (left === '>' || right === '>') return true;
    if (left !== '*' && right !== '*' && left !== right) return false;
  }
  return true;
}

function checked(pattern: string, anySubject: boolean): string {
  const shown = JSON.stringify(pattern.length > 120 ? `${pattern.slice(0, 120)}...` : pattern);
  if (!isSubscribePattern(pattern)) {
    throw new HeddleError('usage', `${shown} is no subject that can be followed`, {
      hint: 'Write tokens joined by dots; * stands for one token, > at the end for the rest: heddle.results.*',
    });
  }
  if (pattern.startsWith(OURS) || anySubject) return pattern;
  throw new HeddleError('usage', `${shown} is not under heddle.`, {
    remedy: NAME.test(pattern) ? { do: 'follow-worker', worker: pattern } : { do: 'allow-any-subject' },
  });
}
