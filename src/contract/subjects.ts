import { HeddleError } from '../errors.ts';
import { isSubjectToken } from './subject-grammar.ts';

// Every subject of Heddle's, written once.

/** Where goals are sent: pipelines and orchestrators listen. */
export const GOALS_INCOMING = 'heddle.goals.incoming';
/** Where tasks are sent: the router listens. */
export const TASKS_INCOMING = 'heddle.tasks.incoming';
/** Where the router puts tasks that it cannot send on. */
export const TASKS_DEAD_LETTER = 'heddle.tasks.dead_letter';
/** Where actors are told to read their config again. */
export const CONTROL_RELOAD = 'heddle.control.reload';
/** Where results go that belong to no goal. */
export const RESULTS_DEFAULT = 'heddle.results.default';

// Patterns for watchers.

/** Everything that passes. */
export const ALL_SUBJECTS = 'heddle.>';
/** Tasks on their way: those that come in, those for each worker, dead letters. */
export const ALL_TASKS = 'heddle.tasks.>';
/** The results of every goal. */
export const ALL_RESULTS = 'heddle.results.*';
/** Goals that come in. */
export const ALL_GOALS = 'heddle.goals.>';
/** What actors are told. */
export const ALL_CONTROL = 'heddle.control.>';

// Queue groups: one of the members gets each message.

/** Pipelines share goals in it. */
export const PIPELINES_GROUP = 'pipelines';
/** Orchestrators share goals in it. */
export const ORCHESTRATORS_GROUP = 'orchestrators';
/** Routers share tasks in it. Generation A's joins no group; later ones and ours join this one. */
export const ROUTER_GROUP = 'router';

/** Where the worker of a type and tier takes its tasks. Throws `subject_invalid` for what cannot be a token. */
export function taskSubject(workerType: string, tier: string): string {
  return `heddle.tasks.${token('worker type', workerType)}.${token('tier', tier)}`;
}

/** An absent or empty parent id means `default`, as in Python. */
export function resultSubject(parentTaskId: string | null | undefined): string {
  if (parentTaskId === undefined || parentTaskId === null || parentTaskId === '') return RESULTS_DEFAULT;
  return `heddle.results.${token('parent task id', parentTaskId)}`;
}

/** Where a scheduler is told something, by its name. */
export function schedulerSubject(name: string): string {
  return `heddle.scheduler.${token('scheduler name', name)}`;
}

/** The queue group in which the replicas of a processor share its tasks. */
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
