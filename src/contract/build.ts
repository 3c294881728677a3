import { HeddleError } from '../errors.ts';
import { type Fill, fill, fillAbsentMembers } from './edit-members.ts';
import { wholeCount } from './encode.ts';
import { judgeGoal, judgeResult, judgeTask } from './heddle-verdict.ts';
import type { Sources } from './ids.ts';
import { describeIssues, type Issue, type JsonObject } from './json.ts';
import type { ModelTier, OpenMessage, OrchestratorGoal, Priority, TaskMessage, TaskResult } from './messages.ts';
import { wireTime } from './wire-time.ts';

/** All fields of generation B, in the order in which Heddle writes them; keys it does not know follow. */
export type FullTask = TaskMessage & Required<Pick<TaskMessage, TaskDefaults>>;
type TaskDefaults = 'task_id' | 'parent_task_id' | 'model_tier' | 'priority' | 'created_at' | 'request_id' | 'metadata';

/** A task as a program says it; ids and times may be left out. */
export interface NewTask extends OpenMessage {
  worker_type: string;
  payload: JsonObject;
  task_id?: string | undefined;
  parent_task_id?: string | null | undefined;
  model_tier?: ModelTier | undefined;
  priority?: Priority | undefined;
  created_at?: string | undefined;
  request_id?: string | null | undefined;
  metadata?: JsonObject | undefined;
}

/** Throws input_invalid when Heddle would refuse the message. */
export function buildTask(task: NewTask, sources: Sources): FullTask {
  const {
    task_id,
    parent_task_id,
    worker_type,
    payload,
    model_tier,
    priority,
    created_at,
    request_id,
    metadata,
    ...more
  } = task;
  return accepted('TaskMessage', judgeTask, {
    task_id: task_id ?? sources.uuid(),
    parent_task_id: parent_task_id ?? null,
    worker_type,
    payload,
    model_tier: model_tier ?? 'standard',
    priority: priority ?? 'normal',
    created_at: created_at ?? wireTime(sources.now()),
    request_id: request_id ?? null,
    metadata: metadata ?? {},
    ...more,
  });
}

/** A goal in which everything is said. */
export type FullGoal = OrchestratorGoal & Required<Pick<OrchestratorGoal, GoalDefaults>>;
type GoalDefaults = 'goal_id' | 'context' | 'request_id' | 'priority' | 'created_at';

/** A goal as a program says it; id and time may be left out. */
export interface NewGoal extends OpenMessage {
  instruction: string;
  goal_id?: string | undefined;
  context?: JsonObject | undefined;
  request_id?: string | null | undefined;
  priority?: Priority | undefined;
  created_at?: string | undefined;
}

/** A goal ready to be sent, with what was left out filled in. Throws `input_invalid` for what Heddle would not take. */
export function buildGoal(goal: NewGoal, sources: Sources): FullGoal {
  const { goal_id, instruction, context, request_id, priority, created_at, ...more } = goal;
  return accepted('OrchestratorGoal', judgeGoal, {
    goal_id: goal_id ?? sources.uuid(),
    instruction,
    context: context ?? {},
    request_id: request_id ?? null,
    priority: priority ?? 'normal',
    created_at: created_at ?? wireTime(sources.now()),
    ...more,
  });
}

/** Only an end is ever published: readers of a goal take `pending` and `processing` for a completion. */
export interface NewResult extends OpenMessage {
  status: 'completed' | 'failed';
  output?: JsonObject | null | undefined;
  error?: string | null | undefined;
  model_used?: string | null | undefined;
  token_usage?: Readonly<Record<string, number>> | undefined;
  metadata?: JsonObject | undefined;
  processing_time_ms?: number | undefined;
  completed_at?: string | undefined;
}

/** A result in which everything is said. */
export type FullResult = TaskResult & {
  status: 'completed' | 'failed';
  processing_time_ms: number;
  completed_at: string;
};

/** The answer to a task: its ids and worker type echoed as they came, counts and times made whole. */
export function buildResult(task: AnsweredTask, result: NewResult, sources: Pick<Sources, 'now'>): FullResult {
  const { status, output, error, model_used, token_usage, metadata, processing_time_ms, completed_at, ...more } =
    result;
  return accepted('TaskResult', (value) => judgeResult(value, 'B'), {
    task_id: task.task_id,
    parent_task_id: task.parent_task_id ?? null,
    worker_type: task.worker_type,
    status,
    output: output ?? null,
    error: error ?? null,
    model_used: model_used ?? null,
    token_usage: wholeCounts(token_usage),
    metadata: metadata ?? {},
    processing_time_ms: wholeCount(processing_time_ms ?? 0),
    completed_at: completed_at ?? wireTime(sources.now()),
    ...more,
  });
}

/** What a result takes from the task that it answers. */
export interface AnsweredTask {
  readonly task_id: string;
  readonly parent_task_id?: string | null | undefined;
  readonly worker_type: string;
}

/** The one control message that actors act on. */
export const RELOAD = Object.freeze({ action: 'reload' });

function wholeCounts(counts: Readonly<Record<string, number>> | undefined): Record<string, number> {
  if (counts === undefined) return {};
  const entries = Object.entries(counts);
  return Object.fromEntries(entries.map(([key, count]) => [key, wholeCount(count)]));
}

function accepted<T extends object>(name: string, judge: (value: unknown) => readonly Issue[], message: T): T {
  const issues = judge(message);
  if (issues.length === 0) return message;
  throw new HeddleError('input_invalid', `Heddle would refuse this ${name}: ${describeIssues(issues)}`);
}

/** Makes what a router adds to a task on its way: what Python's model would fill in, and nothing else is touched. */
export function taskCompleter(sources: Sources): (bytes: Uint8Array, task: JsonObject) => Uint8Array {
  const fills: readonly Fill[] = [
    fill('task_id', () => quoted(sources.uuid())),
    fill('created_at', () => `"${wireTime(sources.now())}"`),
    fill('model_tier', () => '"standard"'),
    fill('priority', () => '"normal"'),
    fill('metadata', () => '{}'),
  ];
  return (bytes, task) => fillAbsentMembers(bytes, task, fills);
}

/** An id of plain characters needs no escapes, and asking for them costs three times the id. */
function quoted(id: string): string {
  return /^[\w-]*$/.test(id) ? `"${id}"` : JSON.stringify(id);
}
