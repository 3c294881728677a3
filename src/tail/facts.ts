import { isJsonObject, type JsonObject } from '../contract/json.ts';
import { MODEL_TIERS } from '../contract/messages.ts';
import type { DecodedMessage } from '../contract/read-message.ts';
import { readSubject } from '../contract/subject-meaning.ts';

/** What people look for in a message, whatever its kind and generation. Absent when the message does not say. */
export interface Facts {
  readonly worker: string | undefined;
  readonly tier: string | undefined;
  /** Of a result. */
  readonly status: string | undefined;
  readonly task: string | undefined;
  readonly parent: string | undefined;
  readonly goal: string | undefined;
  readonly request: string | undefined;
  readonly priority: string | undefined;
  readonly model: string | undefined;
  /** What the worker says it took. */
  readonly durationMs: number | undefined;
  readonly tokens: Tokens | undefined;
  /** Of a failed result; the reason of a dead letter; what is wrong with an unknown message. */
  readonly error: string | undefined;
  /** Of a goal. */
  readonly instruction: string | undefined;
  /** Stage of a pipeline that a task belongs to. */
  readonly stage: string | undefined;
  /** Of a control message. */
  readonly action: string | undefined;
}

export interface Tokens {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly total: number;
}

export function factsOf(subject: string, decoded: DecodedMessage): Facts {
  switch (decoded.kind) {
    case 'result': {
      const { view } = decoded;
      const parent = text(view.parent_task_id);
      // Written out: most of what passes is results, and spreading an object costs more than all of this.
      return {
        worker: view.worker_type,
        tier: tierOf(view.metadata),
        status: view.status,
        task: view.task_id,
        parent,
        goal: parent ?? goalOfSubject(subject),
        request: undefined,
        priority: undefined,
        model: text(view.model_used),
        durationMs: count(view.processing_time_ms),
        tokens: tokensOf(view.token_usage),
        error: text(view.error),
        instruction: undefined,
        stage: isJsonObject(view.metadata) ? text(view.metadata.stage_name) : undefined,
        action: undefined,
      };
    }
    case 'task': {
      const facts = taskFacts(decoded.view);
      const meaning = readSubject(subject);
      // The router's choice stands in the subject; the body keeps what the producer asked for.
      return meaning.kind === 'task' ? { ...facts, tier: meaning.tier } : facts;
    }
    case 'dead_letter': {
      const { view } = decoded;
      const original = isJsonObject(view.original_task) ? taskFacts(view.original_task) : NONE;
      return {
        ...original,
        task: text(view.task_id) ?? original.task,
        worker: text(view.worker_type) ?? original.worker,
        error: view.reason ?? undefined,
      };
    }
    case 'goal': {
      const { view } = decoded;
      const goal = text(view.goal_id);
      const { instruction } = view;
      return { ...NONE, goal, request: text(view.request_id), priority: text(view.priority), instruction };
    }
    case 'control':
      return { ...NONE, action: decoded.view.action };
    default: {
      const loose = isJsonObject(decoded.value) ? taskFacts(decoded.value) : NONE;
      const status = isJsonObject(decoded.value) ? text(decoded.value.status) : undefined;
      return { ...loose, status, error: decoded.detail };
    }
  }
}

function taskFacts(task: JsonObject): Facts {
  const parent = text(task.parent_task_id);
  const { metadata } = task;
  return {
    ...NONE,
    worker: text(task.worker_type),
    tier: text(task.model_tier),
    task: text(task.task_id),
    parent,
    goal: parent,
    request: text(task.request_id),
    priority: text(task.priority),
    stage: isJsonObject(metadata) ? text(metadata.stage_name) : undefined,
  };
}

const NONE: Facts = {
  worker: undefined,
  tier: undefined,
  status: undefined,
  task: undefined,
  parent: undefined,
  goal: undefined,
  request: undefined,
  priority: undefined,
  model: undefined,
  durationMs: undefined,
  tokens: undefined,
  error: undefined,
  instruction: undefined,
  stage: undefined,
  action: undefined,
};

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const RESULTS = 'heddle.results.';

/** The final result of a goal names it in the subject alone. */
function goalOfSubject(subject: string): string | undefined {
  if (!subject.startsWith(RESULTS)) return undefined;
  const id = subject.slice(RESULTS.length);
  return id === 'default' || id === '' ? undefined : id;
}

/** Results carry no tier of their own; pipelines put it there. */
function tierOf(metadata: unknown): string | undefined {
  const tier = isJsonObject(metadata) ? metadata.model_tier : undefined;
  return MODEL_TIERS.find((each) => each === tier);
}

/** Python takes digits in text for a count. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function tokensOf(usage: unknown): Tokens | undefined {
  if (!isJsonObject(usage)) return undefined;
  let total = 0;
  let any = false;
  for (const key in usage) {
    const value = count(usage[key]);
    if (value === undefined) continue;
    any = true;
    total += value;
  }
  if (!any) return undefined;
  return { prompt: count(usage.prompt_tokens), completion: count(usage.completion_tokens), total };
}
