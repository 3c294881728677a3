import { type Issue, isJsonObject, NO_ISSUES, pointerToken } from './json.ts';
import { MODEL_TIERS, PRIORITIES, STATUSES, STATUSES_OF_A } from './messages.ts';
import { intProblem } from './python-int.ts';
import { pythonTypeName } from './python-words.ts';
import { isWireTime } from './wire-time.ts';

/**
 * The verdict of Heddle's own models (pydantic, lax mode), measured in CONTRACT 3.2: what a Python actor takes or refuses.
 * It is not the verdict of schemas/v1 (schema-verdict.ts), which knows no epoch numbers and no digits in text.
 * `either` takes what generation A or B takes: the reading rule on a bus of unknown age.
 * Written out field by field and not as tables: every message on the bus goes through here, and this is three times as fast.
 */
export type Reading = 'A' | 'B' | 'either';

/** What Heddle's model of a task finds wrong in a value; nothing when it takes it. */
export function judgeTask(value: unknown, reading: Reading = 'either'): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  let found = check(undefined, '/task_id', value.task_id, isText, text);
  found = check(found, '/parent_task_id', value.parent_task_id, isTextOrNull, textOrNull);
  found = required(found, '/worker_type', value.worker_type, isText, text);
  found = required(found, '/payload', value.payload, isJsonObject, object);
  found = check(found, '/model_tier', value.model_tier, isTier, tier);
  found = check(found, '/priority', value.priority, isPriority, priority);
  found = check(found, '/created_at', value.created_at, isWireTime, time);
  found = check(found, '/request_id', value.request_id, isTextOrNull, textOrNull);
  found = check(found, '/metadata', value.metadata, isJsonObject, object);
  if (reading === 'A') {
    found = check(found, '/max_retries', value.max_retries, isInt, integer);
    found = check(found, '/retry_count', value.retry_count, isInt, integer);
  }
  return found ?? NO_ISSUES;
}

/** For `either`, generation A's rules: it knows one status more and no metadata, so it takes whatever B takes. */
export function judgeResult(value: unknown, reading: Reading = 'either'): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  const isB = reading === 'B';
  let found = required(undefined, '/task_id', value.task_id, isText, text);
  found = check(found, '/parent_task_id', value.parent_task_id, isTextOrNull, textOrNull);
  found = required(found, '/worker_type', value.worker_type, isText, text);
  found = required(found, '/status', value.status, isB ? isStatus : isStatusOfA, isB ? status : statusOfA);
  found = check(found, '/output', value.output, isObjectOrNull, objectOrNull);
  found = check(found, '/error', value.error, isTextOrNull, textOrNull);
  found = check(found, '/model_used', value.model_used, isTextOrNull, textOrNull);
  found = checkCounts(found, '/token_usage', value.token_usage);
  if (isB) found = check(found, '/metadata', value.metadata, isJsonObject, object);
  found = check(found, '/processing_time_ms', value.processing_time_ms, isInt, integer);
  found = check(found, '/completed_at', value.completed_at, isWireTime, time);
  return found ?? NO_ISSUES;
}

/** What Heddle's model of a goal finds wrong in a value. */
export function judgeGoal(value: unknown): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  let found = check(undefined, '/goal_id', value.goal_id, isText, text);
  found = required(found, '/instruction', value.instruction, isText, text);
  found = check(found, '/context', value.context, isJsonObject, object);
  found = check(found, '/request_id', value.request_id, isTextOrNull, textOrNull);
  found = check(found, '/priority', value.priority, isPriority, priority);
  found = check(found, '/created_at', value.created_at, isWireTime, time);
  return found ?? NO_ISSUES;
}

/** What Heddle's model of a checkpoint finds wrong in a value. */
export function judgeCheckpoint(value: unknown): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  let found: Issue[] | undefined;
  for (const key of ['goal_id', 'original_instruction', 'executive_summary']) {
    found = required(found, `/${key}`, value[key], isText, text);
  }
  for (const key of ['completed_tasks', 'pending_tasks'])
    found = checkList(found, `/${key}`, value[key], isJsonObject, object);
  for (const key of ['open_issues', 'decisions_made']) found = checkList(found, `/${key}`, value[key], isText, text);
  for (const key of ['context_token_count', 'checkpoint_number']) {
    found = required(found, `/${key}`, value[key], isInt, integer);
  }
  return check(found, '/created_at', value.created_at, isWireTime, time) ?? NO_ISSUES;
}

/** The router's envelope as it writes it. Python's reader takes any object; so does decodeMessage. */
export function judgeDeadLetter(value: unknown): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  const found = required(undefined, '/reason', value.reason, isText, text);
  return required(found, '/original_task', value.original_task, isAnything, text) ?? NO_ISSUES;
}

/** A control message that somebody may act on; every other object is ignored by Python, not refused. */
export function judgeControl(value: unknown): readonly Issue[] {
  if (!isJsonObject(value)) return noObject(value);
  return required(undefined, '/action', value.action, isText, text) ?? NO_ISSUES;
}

type Found = Issue[] | undefined;
type Test = (value: unknown) => boolean;
/** What to say of a value that failed the test. */
type Problem = (value: unknown) => string;

/** Heddle's defaults apply to an absent key only: an explicit null is tested like any value. */
function check(found: Found, pointer: string, value: unknown, test: Test, problem: Problem): Found {
  return value === undefined || test(value) ? found : add(found, pointer, problem(value));
}

function required(found: Found, pointer: string, value: unknown, test: Test, problem: Problem): Found {
  if (value === undefined) return add(found, pointer, 'required, and absent');
  return test(value) ? found : add(found, pointer, problem(value));
}

function checkList(found: Found, pointer: string, value: unknown, test: Test, problem: Problem): Found {
  if (!Array.isArray(value))
    return required(found, pointer, value, Array.isArray, (other) => expected('a list', other));
  let all = found;
  value.forEach((item: unknown, index) => {
    all = check(all, `${pointer}/${index}`, item, test, problem);
  });
  return all;
}

function checkCounts(found: Found, pointer: string, value: unknown): Found {
  if (value === undefined) return found;
  if (!isJsonObject(value)) return add(found, pointer, object(value));
  let all = found;
  for (const key in value) {
    if (!isInt(value[key])) all = add(all, `${pointer}/${pointerToken(key)}`, integer(value[key]));
  }
  return all;
}

function add(found: Found, pointer: string, problem: string): Issue[] {
  const issue = { pointer, problem };
  if (found === undefined) return [issue];
  found.push(issue);
  return found;
}

function oneOf(words: readonly unknown[]): Test {
  const set = new Set(words);
  return (value) => set.has(value);
}

function noObject(value: unknown): readonly Issue[] {
  return [{ pointer: '', problem: object(value) }];
}

const isText: Test = (value) => typeof value === 'string';
const isTextOrNull: Test = (value) => typeof value === 'string' || value === null;
const isObjectOrNull: Test = (value) => value === null || isJsonObject(value);
const isTier = oneOf(MODEL_TIERS);
const isPriority = oneOf(PRIORITIES);
const isStatus = oneOf(STATUSES);
const isStatusOfA = oneOf(STATUSES_OF_A);
const isInt: Test = (value) => intProblem(value) === undefined;
const isAnything: Test = () => true;

const expected = (what: string, value: unknown) => `expected ${what}, got ${pythonTypeName(value)}`;
const text: Problem = (value) => expected('a string', value);
const textOrNull: Problem = (value) => expected('a string or null', value);
const object: Problem = (value) => expected('an object', value);
const objectOrNull: Problem = (value) => expected('an object or null', value);
const integer: Problem = (value) => intProblem(value) ?? '';
const tier: Problem = (value) => otherWord(MODEL_TIERS, value);
const priority: Problem = (value) => otherWord(PRIORITIES, value);
const status: Problem = (value) => otherWord(STATUSES, value);
const statusOfA: Problem = (value) => otherWord(STATUSES_OF_A, value);
const time: Problem = (value) =>
  typeof value === 'string' ? 'expected an ISO 8601 time, got other text' : expected('an ISO 8601 time', value);

function otherWord(allowed: readonly string[], value: unknown): string {
  const listed = allowed.map((word) => `'${word}'`).join(', ');
  const got = typeof value === 'string' && value.length <= 40 ? JSON.stringify(value) : pythonTypeName(value);
  return `expected one of ${listed}, got ${got}`;
}
