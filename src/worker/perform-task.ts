import type { NewResult } from '../contract/build.ts';
import { encodeMessage } from '../contract/encode.ts';
import { outputProblem } from '../contract/judge-output.ts';
import { rawIntegers } from '../contract/raw-integers.ts';
import { resultText } from '../contract/result-text.ts';
import { checkShallow, validationError } from '../contract/shallow-check.ts';
import type { TakenTask } from '../contract/taken-task.ts';
import type { Clock, Timer } from '../time/clock.ts';
import type { TaskLog } from './define.ts';
import { thrownWords } from './handler-words.ts';
import type { Performed, Performer } from './performer.ts';

/** What of a worker's config matters for one task. */
export interface TaskRules {
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
  /** Undefined: a task may take as long as it likes. */
  readonly timeoutMs: number | undefined;
}

export interface Finished {
  readonly status: 'completed' | 'failed';
  readonly error: string | undefined;
  /** The result, ready to be sent. */
  readonly text: string;
  readonly ms: number;
}

/** What surrounds one task. */
export interface TaskRun {
  readonly clock: Clock;
  readonly log: TaskLog;
  /** Ends the task when the worker can wait no longer. */
  readonly cut: AbortSignal;
  readonly maxPayload: number;
}

/** Reasons that end a task from outside; a handler sees them as `signal.reason`. */
export class TaskEnded extends Error {}

/** One task from its payload to the text of its one result. Never rejects: whatever goes wrong is a failed result. */
export async function performTask(
  task: TakenTask,
  performer: Performer,
  rules: TaskRules,
  run: TaskRun,
): Promise<Finished> {
  const { clock } = run;
  const from = clock.elapsed();
  const finish = (status: 'completed' | 'failed', more: Beside, outputText?: string): Finished => {
    const ms = clock.elapsed() - from;
    const text = resultText(task, { status, ...more, processing_time_ms: ms }, outputText, clock);
    const size = Buffer.byteLength(text);
    if (size > run.maxPayload) throw new TooLarge(size, run.maxPayload);
    return { status, error: more.error, text, ms };
  };
  try {
    const wrong = checkShallow(task.message.payload, rules.inputSchema, 'input', rawIntegers(task.text, 'payload'));
    if (wrong.length > 0) throw new TaskEnded(validationError('input', wrong));
    const done = await withTimeout((signal) => performer.perform(task, signal, run.log), rules.timeoutMs, run);
    const text = checkedOutput(done, rules.outputSchema);
    const beside = { model_used: done.modelUsed, token_usage: done.tokenUsage, metadata: done.metadata };
    return finish('completed', { output: {}, ...beside }, text);
  } catch (thrown) {
    const error = thrownWords(thrown);
    try {
      return finish('failed', { error });
    } catch {
      // A lane that leaves no room for the error: the ids and a short reason still tell the sender.
      const bare = { ...task, text: '{}', message: { worker_type: task.workerType, payload: {} } };
      const ms = clock.elapsed() - from;
      const short = error.slice(0, 200);
      const text = resultText(bare, { status: 'failed', error: short, processing_time_ms: ms }, undefined, clock);
      return { status: 'failed', error, text, ms };
    }
  }
}

type Beside = Pick<NewResult, 'output' | 'model_used' | 'token_usage' | 'metadata'> & { error?: string };

class TooLarge extends Error {
  constructor(size: number, most: number) {
    super(`the result has ${size} bytes; the server takes ${most} (max_payload)`);
  }
}

/** The text that will be sent, judged as its readers will see it. */
function checkedOutput(done: Performed, schema: unknown): string {
  const text = done.outputText ?? encodeOutput(done.output);
  const problem = outputProblem(text, schema, done.outputText === undefined ? undefined : done.output);
  if (problem !== undefined) throw new TaskEnded(problem);
  return text;
}

function encodeOutput(output: unknown): string {
  return typeof output === 'object' && output !== null ? encodeMessage(output) : (JSON.stringify(output) ?? 'null');
}

async function withTimeout<T>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number | undefined,
  { clock, cut }: TaskRun,
): Promise<T> {
  if (cut.aborted) throw cut.reason as TaskEnded;
  const controller = new AbortController();
  let timer: Timer | undefined;
  let onCut: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    const end = (reason: TaskEnded): void => {
      controller.abort(reason);
      reject(reason);
    };
    if (timeoutMs !== undefined) {
      timer = clock.after(timeoutMs, () => end(new TaskEnded(`the task timed out after ${timeoutMs / 1000} s`)));
    }
    onCut = () => end(cut.reason as TaskEnded);
    cut.addEventListener('abort', onCut, { once: true });
  });
  ended.catch(() => {});
  try {
    const working = work(controller.signal);
    // A handler that fails after nobody waits any longer must not end the process.
    working.catch(() => {});
    return await Promise.race([working, ended]);
  } finally {
    clock.cancel(timer);
    if (onCut !== undefined) cut.removeEventListener('abort', onCut);
  }
}
