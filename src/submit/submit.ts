import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import type { Sources } from '../contract/ids.ts';
import type { Prepared } from '../delivery/prepared.ts';
import type { Receipt } from '../delivery/receipt.ts';
import { sendOnce } from '../delivery/sender.ts';
import { Submitter, type SubmitterOptions } from '../delivery/submitter.ts';
import type { Outcome, Progress } from '../delivery/wait/outcome.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { type GoalDraft, prepareGoal } from './goal-draft.ts';
import { prepareTask, type TaskDraft, withParent } from './task-draft.ts';

/** Sends one task. Resolves when the server has it; `heard` says whether anybody listened. */
export async function submitTask(
  transport: Transport,
  draft: TaskDraft,
  sources: Sources,
  options: SubmitOptions = {},
): Promise<Receipt> {
  check('submitTask', transport, draft, TASK, sources, options, SUBMIT);
  return await sendOnce(transport, prepareTask(draft, sources), options.clock);
}

/** Sends a goal and says whether anybody heard it; waits for no result. */
export async function submitGoal(
  transport: Transport,
  draft: GoalDraft,
  sources: Sources,
  options: SubmitOptions = {},
): Promise<Receipt> {
  check('submitGoal', transport, draft, GOAL, sources, options, SUBMIT);
  return await sendOnce(transport, prepareGoal(draft, sources), options.clock);
}

/** What sending takes from its surroundings. */
export interface SubmitOptions {
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** How long is waited, and who hears of it meanwhile. */
export interface WaitOptions extends SubmitterOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_WAIT_MS = 60_000;

/**
 * Sends one task, under a parent id of its own unless it has one, and resolves with how it ended. Throws only when it could
 * not be sent. For many tasks at once, share a Submitter.
 */
export async function waitForTask(
  transport: Transport,
  draft: TaskDraft,
  sources: Sources,
  options: WaitOptions = {},
): Promise<Outcome> {
  check('waitForTask', transport, draft, TASK, sources, options, WAIT);
  const prepared = prepareTask(withParent(draft, sources), sources);
  return await waitOnce(transport, prepared, options, draft.parentId !== undefined);
}

/** As for a task; stage results on the way are progress, the answer is the one that bears the goal's id. */
export async function waitForGoal(
  transport: Transport,
  draft: GoalDraft,
  sources: Sources,
  options: WaitOptions = {},
): Promise<Outcome> {
  check('waitForGoal', transport, draft, GOAL, sources, options, WAIT);
  return await waitOnce(transport, prepareGoal(draft, sources), options);
}

async function waitOnce(
  transport: Transport,
  prepared: Prepared,
  options: WaitOptions,
  sharedSubject = false,
): Promise<Outcome> {
  const { timeoutMs = DEFAULT_WAIT_MS, onReceipt, onProgress, signal } = options;
  const submitter = new Submitter(transport, options);
  try {
    const { receipt, outcome } = await submitter.start(prepared, { timeoutMs, onProgress, signal, sharedSubject });
    onReceipt?.(receipt);
    const end = await outcome;
    if (end.kind !== 'lost') await submitter.lingered();
    return end;
  } finally {
    submitter.close();
  }
}

const TASK: Keys<TaskDraft> = {
  workerType: needed(is.text),
  payload: needed(is.object),
  payloadText: is.text,
  tier: is.text,
  priority: is.text,
  parentId: is.text,
  requestId: is.text,
  taskId: is.text,
  metadata: is.object,
  trace: is.object,
  direct: is.truth,
};
const GOAL: Keys<GoalDraft> = {
  instruction: needed(is.text),
  context: is.object,
  contextText: is.text,
  goalId: is.text,
  priority: is.text,
  requestId: is.text,
  trace: is.object,
};
/** As they are called on the wire. */
const ON_THE_WIRE = { parent_task_id: 'parentId', model_tier: 'tier' };
const SUBMIT: Keys<SubmitOptions> = { clock: is.clock };
const WAIT: Keys<WaitOptions> = {
  timeoutMs: is.number,
  onReceipt: is.callback,
  onProgress: is.callback,
  signal: is.signal,
  lingerMs: is.number,
  onDeaf: is.callback,
  results: is.object,
  clock: is.clock,
};

/** What the four have in common; who prepares thousands of messages goes without. */
function check(
  of: string,
  transport: Transport,
  draft: TaskDraft | GoalDraft,
  draftKeys: Keys<TaskDraft> | Keys<GoalDraft>,
  sources: Sources,
  options: SubmitOptions | WaitOptions,
  optionKeys: Keys<SubmitOptions> | Keys<WaitOptions>,
): void {
  checkArgument(of, 'the first argument', transport, is.bus);
  checkOptions(`${of}: the draft`, draft, draftKeys, ON_THE_WIRE);
  checkArgument(of, 'the third argument', sources, is.sources);
  checkOptions(of, options, optionKeys);
}
