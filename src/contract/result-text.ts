import { buildResult, type NewResult } from './build.ts';
import { encodeMessage } from './encode.ts';
import type { Sources } from './ids.ts';
import { withLaneOf } from './lane.ts';
import type { TakenTask } from './taken-task.ts';

/** A handler's message may be a whole log; the reader of a result wants its beginning. */
const LONGEST_ERROR = 16_384;

/**
 * The result as it goes on the wire: ids echoed, the task's `_` keys copied as the text they came in. `outputText` stands for
 * the output when a handler in another language wrote it. Throws for what no reader of Heddle's would take.
 */
export function resultText(
  task: TakenTask,
  result: NewResult,
  outputText: string | undefined,
  clock: Pick<Sources, 'now'>,
): string {
  const full = buildResult(
    { task_id: task.taskId, parent_task_id: task.parentTaskId, worker_type: task.workerType },
    { ...result, error: clipped(result.error) },
    clock,
  );
  const text =
    outputText === undefined ? encodeMessage(full) : withOutput(encodeMessage({ ...full, output: null }), outputText);
  return withLaneOf(text, full, { text: task.text, value: task.message });
}

/** Before `output` stand only texts, in which every quote is escaped: the first match is the member itself. */
function withOutput(text: string, output: string): string {
  const at = text.indexOf(NO_OUTPUT);
  return `${text.slice(0, at)}"output":${output}${text.slice(at + NO_OUTPUT.length)}`;
}

const NO_OUTPUT = '"output":null';

function clipped(error: string | null | undefined): string | null {
  if (error === undefined || error === null || error.length <= LONGEST_ERROR) return error ?? null;
  return `${error.slice(0, LONGEST_ERROR)}… (${error.length} characters)`;
}
