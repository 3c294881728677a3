import { HeddleError } from '../errors.ts';
import { HALF_PAIR, isSubjectPart, isSubjectToken, LONGEST_PART } from './subject-grammar.ts';

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
/** The results of every goal; the id of one may hold dots. */
export const ALL_RESULTS = 'heddle.results.>';
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

/** Where the worker of a type and tier takes its tasks. Throws `subject_invalid` for what NATS cannot carry. */
export function taskSubject(workerType: string, tier: string): string {
  return `heddle.tasks.${part('worker type', workerType)}.${token('tier', tier)}`;
}

/** An absent or empty parent id means `default`, as in Python. Throws `subject_invalid` for what NATS cannot carry. */
export function resultSubject(parentTaskId: string | null | undefined): string {
  if (parentTaskId === undefined || parentTaskId === null || parentTaskId === '') return RESULTS_DEFAULT;
  return `heddle.results.${part('parent task id', parentTaskId)}`;
}

/** Where a scheduler is told something, by its name. */
export function schedulerSubject(name: string): string {
  return `heddle.scheduler.${token('scheduler name', name)}`;
}

/** The queue group in which the replicas of a processor share its tasks. */
export function processorsGroup(name: string): string {
  return `processors-${part('worker name', name)}`;
}

/** LLM workers. With processors of the same name they form two groups, and each task runs twice. */
export function workersGroup(name: string): string {
  return `workers-${part('worker name', name)}`;
}

/** Why `text` cannot be a token of a subject, in words that follow its name; undefined when it can. */
export function tokenProblem(text: string): string | undefined {
  if (isSubjectToken(text)) return undefined;
  if (text === '') return 'is empty';
  if (text.length > 128) return `has ${text.length} characters, 128 is the most`;
  return 'holds characters other than A-Z a-z 0-9 _ -';
}

/** Why NATS cannot carry `text` as a part of a subject, in words that follow its name; undefined when it can. */
export function partProblem(text: string): string | undefined {
  if (isSubjectPart(text)) return undefined;
  if (text === '') return 'is empty';
  if (/[\x00-\x20\x7f]/.test(text)) return 'holds white space or control characters';
  if (HALF_PAIR.test(text)) return 'holds half a surrogate pair';
  const tokens = text.split('.');
  if (tokens.includes('')) return 'has a dot at its edge, or two together';
  return tokens.some((each) => each === '*' || each === '>') ? 'is a wildcard' : `is longer than ${LONGEST_PART} bytes`;
}

function part(what: string, text: string): string {
  if (isSubjectPart(text)) return text;
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new HeddleError('subject_invalid', `${what} ${JSON.stringify(shown)} ${partProblem(text)}`, {
    hint: 'It becomes part of a NATS subject: letters, digits, underscores and dashes are best; no white space, no wildcards.',
  });
}

function token(what: string, text: string): string {
  if (isSubjectToken(text)) return text;
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new HeddleError('subject_invalid', `${what} ${JSON.stringify(shown)} ${tokenProblem(text)}`, {
    hint: 'It becomes one token of a NATS subject: use 1 to 128 letters, digits, underscores or dashes.',
  });
}
