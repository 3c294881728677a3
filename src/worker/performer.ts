import type { JsonObject } from '../contract/json.ts';
import type { TakenTask } from '../contract/taken-task.ts';
import type { HeddleError } from '../errors.ts';
import type { TaskLog } from './define.ts';

/** What a piece of work came to, before it is checked. */
export interface Performed {
  readonly output: unknown;
  /** The output as the handler wrote it, when it came as text: numbers keep their digits. */
  readonly outputText?: string | undefined;
  readonly modelUsed?: string | null | undefined;
  readonly tokenUsage?: Readonly<Record<string, number>> | undefined;
  readonly metadata?: JsonObject | undefined;
}

/** What does the work: a function in this process, a child that lives long, or a child for each task. */
export interface Performer {
  /** Resolves when tasks can be performed; rejects when they never can (no such program, a setup that throws). */
  start(): Promise<void>;
  /** A rejection is a failed task; its message is the error. `signal` is aborted when nobody waits any longer. */
  perform(task: TakenTask, signal: AbortSignal, log: TaskLog): Promise<Performed>;
  /** After each task, however it ended. */
  reset(): Promise<void>;
  /** Ends what start began. `withinMs`: after that, by force. */
  stop(withinMs: number): Promise<void>;
  /** Ends children at once, without waiting for anything: the process is about to go. */
  kill(): void;
  /** Settles, with the reason, when no task can be performed any more; never otherwise. */
  readonly gaveUp: Promise<HeddleError>;
}

/** For performers that are no process of their own. */
export const NEVER_GIVES_UP: Promise<HeddleError> = new Promise(() => {});
