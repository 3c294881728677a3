import { buildTask } from '../contract/build.ts';
import { readJsonObject } from '../contract/decode-json.ts';
import { encodeMessage } from '../contract/encode.ts';
import type { Sources } from '../contract/ids.ts';
import type { JsonObject } from '../contract/json.ts';
import type { ModelTier, TaskResult } from '../contract/messages.ts';
import { decodeResult } from '../contract/parse.ts';
import { resultSubject, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Message, Transport } from '../transport/transport.ts';

/** How the one real task ended. */
export type Smoke =
  | { readonly end: 'completed'; readonly result: TaskResult; readonly ms: number }
  | { readonly end: 'failed'; readonly error: string; readonly ms: number }
  | { readonly end: 'dead_letter'; readonly reason: string }
  | { readonly end: 'unheard' }
  | { readonly end: 'silent'; readonly ms: number };

export interface SmokeOptions {
  readonly workerType: string;
  readonly tier: string | undefined;
  readonly payload?: JsonObject | undefined;
  readonly timeoutMs: number;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Sends one task the way everybody does, through the router, and waits for whatever becomes of it. */
export async function smokeTest(transport: Transport, options: SmokeOptions): Promise<Smoke> {
  const { sources, clock, timeoutMs, signal } = options;
  const goal = `preflight-${sources.uuid()}`;
  const task = buildTask(
    {
      worker_type: options.workerType,
      payload: options.payload ?? { text: 'smoke test' },
      parent_task_id: goal,
      ...(options.tier === undefined ? {} : { model_tier: options.tier as ModelTier }),
      metadata: { sent_by: 'heddle-ts preflight' },
    },
    sources,
  );
  const from = clock.elapsed();
  const spent = (): number => Math.round((clock.elapsed() - from) * 10) / 10;
  const inbox = transport.inbox();
  let settle: (smoke: Smoke) => void = () => {};
  const ended = new Promise<Smoke>((resolve) => {
    settle = resolve;
  });
  const results = resultSubject(goal);
  let refused = false;
  const forget = transport.onEvent((event) => {
    if (event.kind === 'permission' && event.operation === 'subscribe' && event.subject === results) refused = true;
  });
  const subscriptions = [
    transport.subscribe(results, (message) => {
      const result = decodeResult(message.data);
      if (!result.ok || result.value.task_id !== task.task_id) return;
      const { status, error } = result.value;
      if (status === 'failed') settle({ end: 'failed', error: error ?? 'no reason given', ms: spent() });
      else if (status === 'completed') settle({ end: 'completed', result: result.value, ms: spent() });
    }),
    transport.subscribe(inbox, (message) => {
      if (message.headers?.code === 503) settle({ end: 'unheard' });
    }),
    transport.subscribe(TASKS_DEAD_LETTER, (message) => {
      const reason = reasonFor(task.task_id, message);
      if (reason !== undefined) settle({ end: 'dead_letter', reason });
    }),
  ];
  const giveUp = (): void => settle({ end: 'silent', ms: spent() });
  const timer = clock.after(timeoutMs, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    // Subscribed before anything is sent: a result may be back before publishing returns.
    await flushAllowed(transport);
    if (refused) {
      throw new HeddleError('permission_denied', `this user may not subscribe to ${results}: nothing was sent`, {
        hint: "The result of the task could not be seen. Allow heddle.results.> in the user's permissions.",
      });
    }
    transport.publish(TASKS_INCOMING, encodeMessage(task), { reply: inbox });
    await transport.flush();
    return await ended;
  } finally {
    clock.cancel(timer);
    signal.removeEventListener('abort', giveUp);
    forget();
    for (const subscription of subscriptions) subscription.unsubscribe();
  }
}

/** Hearing dead letters may be forbidden; the test is worth as much without them. */
async function flushAllowed(transport: Transport): Promise<void> {
  try {
    await transport.flush();
  } catch {
    await transport.flush();
  }
}

function reasonFor(taskId: string | undefined, message: Message): string | undefined {
  const read = readJsonObject(message.data);
  if (!read.ok || read.value.task_id !== taskId) return undefined;
  return typeof read.value.reason === 'string' ? read.value.reason : 'no reason given';
}
