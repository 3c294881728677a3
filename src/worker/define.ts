import type { JsonObject } from '../contract/json.ts';
import type { TaskMessage } from '../contract/messages.ts';
import type { TraceContext } from '../contract/trace-context.ts';

/** What a handler knows besides the payload. Made anew for each task, and forgotten with it. */
export interface TaskContext {
  /** The task's metadata; `model_tier` is the tier of the task. */
  readonly metadata: Readonly<JsonObject>;
  /** The whole message, frozen to the bottom. */
  readonly task: Readonly<TaskMessage>;
  /** The trace that the task belongs to, when it carries a usable one. */
  readonly trace: TraceContext | undefined;
  /** Aborted when the time for the task is up, or the worker's grace has ended. */
  readonly signal: AbortSignal;
  /** The program that was started beside the worker; undefined: there is none. */
  readonly sidecar: SidecarHere | undefined;
  /** Into the worker's log, with the ids of the task. */
  readonly log: TaskLog;
}

/** What a handler is told of the program beside its worker, as it is now. */
export interface SidecarHere {
  /** Where it listens, as it or the command line said; undefined: nobody said. */
  readonly address: string | undefined;
  readonly isUp: boolean;
}

/** Lines into the worker's log; what cannot be written as JSON is shown as far as it can. */
export interface TaskLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The answer with what belongs beside the output. An object with other keys, or without `output`, is an output itself. */
export interface Answer<Output = JsonObject> {
  output: Output | null;
  model_used?: string | null;
  token_usage?: Readonly<Record<string, number>>;
  metadata?: JsonObject;
}

/** Throwing makes a failed result with the error's message. */
export type Handler<Payload = JsonObject, Output = JsonObject> = (
  payload: Payload,
  context: TaskContext,
) => Promise<Output | Answer<Output> | null> | Output | Answer<Output> | null;

/** A handler and what belongs around it. */
export interface WorkerDefinition<Payload = JsonObject, Output = JsonObject> {
  readonly handle: Handler<Payload, Output>;
  /** Once, before the first task; when it throws the worker does not start. */
  readonly setup?: () => Promise<void> | void;
  /** After every task, however it ended: nothing of one task may be left for the next. */
  readonly reset?: () => Promise<void> | void;
  /** Once, after the last result. */
  readonly teardown?: () => Promise<void> | void;
}

/**
 * A worker with the types of its payload and output. They are promises of the author: at run time Heddle's shallow check of
 * `input_schema` and `output_schema` is what is held.
 */
export function defineWorker<Payload = JsonObject, Output = JsonObject>(
  definition: WorkerDefinition<Payload, Output> | Handler<Payload, Output>,
): WorkerDefinition<Payload, Output> {
  return typeof definition === 'function' ? { handle: definition } : definition;
}
