import { is, type Keys, needed } from '../../check-options.ts';
import { readJsonLine } from '../../child/json-lines.ts';
import type { Line } from '../../child/lines.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { metadataLine, payloadLine, type TakenTask } from '../../contract/taken-task.ts';
import type { Clock } from '../../time/clock.ts';
import type { ChildEvent } from '../events.ts';
import type { Performed } from '../performer.ts';

/** Which program does the tasks, and in which surroundings. */
export interface ExecOptions {
  /** An argument list; no shell is involved. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The longest answer, in bytes. Default 1 MiB, a server's usual max_payload. */
  readonly maxLine?: number | undefined;
  /** What messages call that limit, where whoever reads them can set it. */
  readonly maxLineCalled?: string | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly log: (event: ChildEvent) => void;
}

/** For `checkOptions`. */
export const EXEC_OPTIONS: Keys<ExecOptions> = {
  command: needed(is.texts),
  cwd: needed(is.text),
  env: needed(is.object),
  platform: needed(is.text),
  maxLine: is.number,
  maxLineCalled: is.text,
  clock: is.clock,
  log: needed(is.callback),
};

const DEFAULT_MAX_LINE = 1024 * 1024;

/** Of an answer that is longer: what was allowed. */
export function beyondMaxLine({ maxLine = DEFAULT_MAX_LINE, maxLineCalled }: ExecOptions): string {
  return `more than ${maxLineCalled ?? `the ${maxLine} allowed`}`;
}

/** `{"task_id","payload","metadata"}`: what the program reads, one line a task. Numbers as they came. */
export function questionLine(task: TakenTask): string {
  const id = JSON.stringify(task.taskId);
  return `{"task_id":${id},"payload":${payloadLine(task)},"metadata":${metadataLine(task)}}\n`;
}

export type Answered =
  | { readonly ok: true; readonly taskId: string | undefined; readonly performed: Performed }
  | { readonly ok: false; readonly taskId: string | undefined; readonly error: string };

/**
 * `{"task_id","output"}` or `{"task_id","error"}`; beside output may stand model_used, token_usage and metadata. `tooLong` words
 * the error of a line that was dropped.
 */
export function readAnswerLine(line: Line, tooLong: (bytes: number) => string): Answered {
  const read = readJsonLine(line);
  if (!read.ok) {
    const error =
      read.reason === 'too_long' ? tooLong(read.bytes) : `the program's answer is no JSON object (${read.detail})`;
    return { ok: false, taskId: undefined, error };
  }
  const { value, text, strict } = read;
  const taskId = typeof value.task_id === 'string' ? value.task_id : undefined;
  if (!strict) return { ok: false, taskId, error: "the program's answer holds NaN or an infinity, which is not JSON" };
  const { error } = value;
  if (error !== undefined && error !== null) {
    return { ok: false, taskId, error: typeof error === 'string' ? error : JSON.stringify(error) };
  }
  if (!Object.hasOwn(value, 'output')) {
    return { ok: false, taskId, error: "the program's answer has neither output nor error" };
  }
  return { ok: true, taskId, performed: performedOf(value, text) };
}

function performedOf(value: JsonObject, text: string): Performed {
  const { output, model_used, token_usage, metadata } = value;
  return {
    output,
    outputText: rawValue(text, 'output'),
    // What is of another type is refused with the whole result, where the reason is shown.
    modelUsed: model_used as string | null | undefined,
    tokenUsage: isJsonObject(token_usage) ? (token_usage as Record<string, number>) : undefined,
    metadata: metadata as JsonObject | undefined,
  };
}
