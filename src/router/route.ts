import { taskCompleter } from '../contract/build.ts';
import { encodeDeadLetter } from '../contract/dead-letter.ts';
import { readJson } from '../contract/decode-json.ts';
import { isFrame } from '../contract/frame.ts';
import { judgeTask } from '../contract/heddle-verdict.ts';
import type { Sources } from '../contract/ids.ts';
import { describeIssues, isJsonObject, type JsonObject } from '../contract/json.ts';
import { isModelTier } from '../contract/messages.ts';
import { type PythonHazard, pythonHazard } from '../contract/python-hazard.ts';
import { partProblem, taskSubject, tokenProblem } from '../contract/subjects.ts';
import { TRACE_KEY } from '../contract/trace-context.ts';
import type { Clock } from '../time/clock.ts';
import { finiteText } from './finite-text.ts';
import type { RouterRules } from './rules.ts';
import { type Refill, type TokenBucket, tokenBucket } from './token-bucket.ts';

/** What becomes of one message. Every message has exactly one of these; docs/router.md lists which gets which. */
export type Decision =
  | {
      readonly outcome: 'forward';
      readonly subject: string;
      readonly bytes: Uint8Array;
      readonly workerType: string;
      readonly tier: string;
    }
  | { readonly outcome: 'dead_letter'; readonly reason: string; readonly envelope: string }
  /** Not a message at all: nothing that a dead letter could carry as its original. */
  | { readonly outcome: 'skip'; readonly reason: string };

/** `now` and `uuid` are for what a message lacks, `elapsed` for the rate limits. */
export interface RouteClock extends Sources, Pick<Clock, 'elapsed'> {}

/** A routing function with its own rate limits. */
export interface Route {
  (bytes: Uint8Array): Decision;
  readonly buckets: ReadonlyMap<string, TokenBucket>;
}

export interface RouteOptions {
  readonly rules: RouterRules;
  readonly refill: Refill;
  /** Refuse worker types that make more than one token of a subject, or hold letters beyond ASCII. Default false. */
  readonly strictNames?: boolean | undefined;
}

/** `before` hands the levels of its buckets on, when rules are reloaded. */
export function createRoute(
  { rules, refill, strictNames = false }: RouteOptions,
  clock: RouteClock,
  before?: Route,
): Route {
  const complete = taskCompleter(clock);
  const buckets = new Map<string, TokenBucket>();
  for (const [tier, limit] of rules.rateLimits) {
    const now = clock.elapsed();
    buckets.set(tier, tokenBucket(limit, refill, now, before?.buckets.get(tier)?.level(now)));
  }
  const subjects = new Map<string, string>();

  const route = (bytes: Uint8Array): Decision => {
    const read = readJson(bytes);
    if (!read.ok) return { outcome: 'skip', reason: read.detail };
    const { text, value } = read;
    const hazard = pythonHazard(text);
    if (hazard !== undefined) return hazardous(hazard, text);
    if (!isJsonObject(value)) {
      return refused(`invalid_task_message: ${describeIssues(judgeTask(value))}`, text, value);
    }
    const problem = problemOf(value, strictNames);
    if (problem !== undefined) return refused(`invalid_task_message: ${problem}`, text, value);

    const workerType = value.worker_type as string;
    const tier = rules.tierOverrides.get(workerType) ?? (value.model_tier as string | undefined) ?? 'standard';
    if (!isModelTier(tier)) return refused(`unknown_tier: '${tier}' is not a valid ModelTier`, text, named(value));
    const bucket = buckets.get(tier);
    if (bucket !== undefined && !bucket.take(clock.elapsed())) {
      return refused(`rate_limited: tier '${tier}' has no available capacity`, text, named(value));
    }
    const whole = read.strict ? bytes : Buffer.from(finiteText(text));
    return {
      outcome: 'forward',
      subject: subjectOf(workerType, tier),
      bytes: complete(whole, value),
      workerType,
      tier,
    };
  };

  /** A task that could have been routed has an id by now; the original stays as it came. */
  const named = (task: JsonObject): JsonObject =>
    task.task_id === undefined ? { ...task, task_id: clock.uuid() } : task;

  /** A bus has few worker types; a sender who invents new ones for ever must not fill the memory. */
  const subjectOf = (workerType: string, tier: string): string => {
    const key = `${workerType}.${tier}`;
    let subject = subjects.get(key);
    if (subject === undefined) {
      subject = taskSubject(workerType, tier);
      if (subjects.size < 10_000) subjects.set(key, subject);
    }
    return subject;
  };

  return Object.assign(route, { buckets });
}

function refused(reason: string, text: string, value: unknown): Decision {
  return { outcome: 'dead_letter', reason, envelope: encodeDeadLetter(reason, text, value) };
}

const HAZARDS: Record<PythonHazard, string> = {
  nesting: 'nested so deeply that a Python actor would end reading it',
  integer: 'holds an integer so long that a Python actor would end reading it',
};

/** The original goes along as text: as JSON it would end the Python actors that read dead letters. */
function hazardous(hazard: PythonHazard, text: string): Decision {
  const reason = `invalid_task_message: ${HAZARDS[hazard]}`;
  return { outcome: 'dead_letter', reason, envelope: encodeDeadLetter(reason, JSON.stringify(text), undefined) };
}

function problemOf(task: JsonObject, strictNames: boolean): string | undefined {
  const issues = judgeTask(task);
  if (issues.length > 0) {
    return isFrame(task)
      ? `a frame of a later Heddle (payload_type core.…), which this bus does not use`
      : describeIssues(issues);
  }
  const workerType = task.worker_type as string;
  const unusable = partProblem(workerType);
  if (unusable !== undefined) return `/worker_type: ${unusable}, and cannot be part of a subject`;
  const unusual = strictNames ? tokenProblem(workerType) : undefined;
  if (unusual !== undefined) return `/worker_type: ${unusual}, and this router takes plain names alone`;
  return traceProblem(task[TRACE_KEY]);
}

/** A header that is no text ends a Python actor with OpenTelemetry; any other trace context is carried or ignored by all. */
function traceProblem(carrier: unknown): string | undefined {
  if (!isJsonObject(carrier)) return undefined;
  for (const header of ['traceparent', 'tracestate']) {
    const value = carrier[header];
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return `/${TRACE_KEY}/${header}: expected a string`;
    }
  }
  return undefined;
}
