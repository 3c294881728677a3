import { HeddleError } from '../errors.ts';
import { isSubjectToken } from './subject-grammar.ts';

/** Every subject of Heddle's, written once. */
export const GOALS_INCOMING = 'heddle.goals.incoming';
export const TASKS_INCOMING = 'heddle.tasks.incoming';
export const TASKS_DEAD_LETTER = 'heddle.tasks.dead_letter';
export const CONTROL_RELOAD = 'heddle.control.reload';
/** Where results go that belong to no goal. */
export const RESULTS_DEFAULT = 'heddle.results.default';

/** Patterns for watchers. */
export const ALL_SUBJECTS = 'heddle.>';
export const ALL_TASKS = 'heddle.tasks.>';
export const ALL_RESULTS = 'heddle.results.*';
export const ALL_GOALS = 'heddle.goals.>';
export const ALL_CONTROL = 'heddle.control.>';

/** Queue groups: one of the members gets each message. */
export const PIPELINES_GROUP = 'pipelines';
export const ORCHESTRATORS_GROUP = 'orchestrators';
/** Generation A's router joins no group; later ones and ours join this one. */
export const ROUTER_GROUP = 'router';

export function taskSubject(workerType: string, tier: string): string {
  return `heddle.tasks.${token('worker type', workerType)}.${token('tier', tier)}`;
}

/** An absent or empty parent id means `default`, as in Python. */
export function resultSubject(parentTaskId: string | null | undefined): string {
  if (parentTaskId === undefined || parentTaskId === null || parentTaskId === '') return RESULTS_DEFAULT;
  return `heddle.results.${token('parent task id', parentTaskId)}`;
}

export function schedulerSubject(name: string): string {
  return `heddle.scheduler.${token('scheduler name', name)}`;
}

export function processorsGroup(name: string): string {
  return `processors-${token('worker name', name)}`;
}

/** LLM workers. With processors of the same name they form two groups, and each task runs twice. */
export function workersGroup(name: string): string {
  return `workers-${token('worker name', name)}`;
}

/** Why `text` cannot be a token of a subject, in words that follow its name; undefined when it can. */
export function tokenProblem(text: string): string | undefined {
  if (isSubjectToken(text)) return undefined;
  if (text === '') return 'is empty';
  if (text.length > 128) return `has ${text.length} characters, 128 is the most`;
  return 'holds characters other than A-Z a-z 0-9 _ -';
}

function token(what: string, text: string): string {
  if (isSubjectToken(text)) return text;
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new HeddleError('subject_invalid', `${what} ${JSON.stringify(shown)} ${tokenProblem(text)}`, {
    hint: 'It becomes one token of a NATS subject: use 1 to 128 letters, digits, underscores or dashes.',
  });
}
