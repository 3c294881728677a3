import { MODEL_TIERS, PRIORITIES, STATUSES_OF_A } from '../contract/messages.ts';
import { HeddleError } from '../errors.ts';
import { closest } from '../suggest.ts';
import { type Path, readPath } from './path.ts';

/** What stands at the top of Heddle's messages, in every generation, and what the tail knows of them besides. */
export const PLACES: readonly string[] = [
  ...['task_id', 'parent_task_id', 'worker_type', 'payload', 'model_tier', 'priority', 'created_at', 'request_id'],
  ...['metadata', '_trace_context', 'status', 'output', 'error', 'model_used', 'token_usage', 'processing_time_ms'],
  ...['completed_at', 'goal_id', 'instruction', 'context', 'reason', 'original_task', 'action'],
  ...['payload_type', 'message_id', 'origin', 'correlation_id', 'causation_id', 'occurred_at', 'recorded_at'],
  ...['kind', 'generation', 'subject', 'size', 'worker', 'tier', 'goal'],
];

export const MESSAGE_KINDS = ['task', 'result', 'goal', 'dead_letter', 'control', 'unknown'] as const;

/** Where a few words are all that Heddle writes. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  status: STATUSES_OF_A,
  tier: MODEL_TIERS,
  model_tier: MODEL_TIERS,
  priority: PRIORITIES,
  kind: MESSAGE_KINDS,
};

/**
 * Throws `usage` for a condition that is a slip, most likely, and would silently hold for nothing. What is near to no name is
 * somebody's own; a first step in brackets is meant as it is written.
 */
export function refuseSlip(written: string, path: Path, flag: string, compared?: string, sign = '='): void {
  const [first, second] = path;
  if (typeof first !== 'string' || written.trimStart().startsWith('[')) return;
  const shown = JSON.stringify(written.slice(0, 120));
  if (first === 'message' && typeof second === 'string' && PLACES.includes(second)) {
    throw new HeddleError('usage', `${flag}: ${shown} begins outside the message`, {
      hint: `Places are named from inside: did you mean ${JSON.stringify(withoutFirst(written))}?`,
    });
  }
  const [place] = PLACES.includes(first) ? [] : closest(first, PLACES);
  if (place !== undefined) {
    throw new HeddleError('usage', `${flag}: no message of Heddle has a "${first}"`, {
      hint: `Did you mean "${place}"? A place that is really called so is written ["${first}"].`,
    });
  }
  if (compared === undefined || path.length > 1 || !Object.hasOwn(WORDS, first)) return;
  const meant = nearWord(compared, WORDS[first] ?? []);
  if (meant !== undefined) {
    throw new HeddleError('usage', `${flag}: ${shown}: "${compared}" is no ${first}`, {
      hint: `Did you mean ${first}${sign}${meant}? What really says so is written ["${first}"]${sign}${compared}.`,
    });
  }
}

/** The word that was meant; nothing for one of the words, and for one that is near to none. */
export function nearWord(written: string, words: readonly string[]): string | undefined {
  return words.includes(written) ? undefined : closest(written, words)[0];
}

function withoutFirst(written: string): string {
  const [first = ''] = readPath(written)?.path ?? [];
  return written.trimStart().slice(String(first).length).replace(/^\./, '');
}
