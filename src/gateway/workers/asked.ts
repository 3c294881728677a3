import { type Issue, isJsonObject, type JsonObject } from '../../contract/json.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { problem } from '../../http/problem.ts';
import type { Context, Principal } from '../../http/route.ts';
import { ANY_WORK } from '../core.ts';
import { type Lane, lanesAsked } from './lane.ts';

/** What a worker asks for. */
export interface Asked {
  readonly lanes: readonly Lane[];
  readonly taskTypes: readonly string[];
  readonly maxTasks: number;
  readonly timeoutMs: number;
  readonly workerId: string | undefined;
  readonly push: boolean;
}

const MOST_TASKS = 100;
const MOST_TYPES = 20;
const LONGEST_MS = 60_000;
const USUAL_MS = 5_000;
const WORKER_ID = /^[\x21-\x7e]{1,128}$/;

/** The body of a poll or of a connection; what a member must be is said of all of them at once. */
export function readAsked(
  { value }: JsonBody,
  lanes: ReadonlyMap<string, Lane>,
  needed: { readonly workerId: boolean },
): Asked {
  if (!isJsonObject(value)) throw problem('bad_request', { detail: 'the body must be a JSON object' });
  const issues: Issue[] = [];
  const types = value.task_types;
  const isList = Array.isArray(types) && types.every((each): each is string => typeof each === 'string');
  if (!isList || types.length === 0 || types.length > MOST_TYPES) {
    issues.push({ pointer: '/task_types', problem: `must be a list of 1 to ${MOST_TYPES} worker types` });
  }
  const maxTasks = wholeAt(value, 'max_tasks', { least: 1, most: MOST_TASKS, usual: 1 }, issues);
  const timeoutMs = wholeAt(value, 'timeout_ms', { least: 0, most: Number.MAX_SAFE_INTEGER, usual: USUAL_MS }, issues);
  const id = value.worker_id;
  const isId = typeof id === 'string' && WORKER_ID.test(id);
  if (!isId && (needed.workerId || (id !== undefined && id !== null))) {
    issues.push({ pointer: '/worker_id', problem: 'must be a text of 1 to 128 printable characters without blanks' });
  }
  if (value.push !== undefined && typeof value.push !== 'boolean') {
    issues.push({ pointer: '/push', problem: 'must be true or false' });
  }
  if (issues.length > 0)
    throw problem('bad_request', { detail: 'the body does not say what is asked for', errors: issues });
  const taskTypes = types as readonly string[];
  return {
    lanes: lanesAsked(taskTypes, lanes),
    taskTypes,
    maxTasks,
    timeoutMs: Math.min(timeoutMs, LONGEST_MS),
    workerId: isId ? id : undefined,
    push: value.push === true,
  };
}

/** Whether tasks of a type are for this caller. */
export function mayWork({ scopes }: Principal, type: string): boolean {
  return scopes.has(ANY_WORK) || scopes.has(`work:${type}`);
}

/** Throws `forbidden` for the first type that is not. */
export function requireTypes(context: Pick<Context, 'requireScope'>, lanes: readonly Pick<Lane, 'type'>[]): void {
  for (const { type } of lanes) context.requireScope(`work:${type}`, ANY_WORK);
}

function wholeAt(
  value: JsonObject,
  key: string,
  { least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number },
  issues: Issue[],
): number {
  const given = value[key];
  if (given === undefined || given === null) return usual;
  if (Number.isSafeInteger(given) && Number(given) >= least && Number(given) <= most) return Number(given);
  const upTo = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  issues.push({ pointer: `/${key}`, problem: `must be a whole number ${upTo}` });
  return usual;
}
