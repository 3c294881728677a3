import { rawValue } from '../../../contract/members.ts';
import { isAnswered, type Outcome } from '../../../delivery/wait/outcome.ts';
import type { SentItem } from '../../../submit/batch/intake.ts';
import { exactJson, withRaw } from './exact.ts';
import { outcomeView } from './outcome-view.ts';

/** One finished task of a batch as one line of ndjson, in every format: a batch's results are for programs. */
export function batchLine(item: Pick<SentItem, 'line' | 'id' | 'workerType'>, outcome: Outcome): string {
  const { line, id: task_id, workerType: worker_type } = item;
  const document = { schema_version: 1, type: 'result', line, task_id, worker_type, ...outcomeView(outcome) };
  return withRaw(document, 'result', isAnswered(outcome) ? exactJson(outcome.text, outcome.result) : 'null');
}

/** Only the output of an answer; undefined when there is none. */
export function outputLine(outcome: Outcome): string | undefined {
  if (!isAnswered(outcome)) return undefined;
  const { output } = outcome.result;
  if (output === undefined || output === null) return undefined;
  return exactJson(rawValue(outcome.text, 'output') ?? 'null', output);
}
