import { buildTask } from '../contract/build.ts';
import { readJsonObjectText } from '../contract/decode-json.ts';
import { encodeMessage } from '../contract/encode.ts';
import type { Sources } from '../contract/ids.ts';
import type { JsonObject } from '../contract/json.ts';
import type { ModelTier, TaskResult } from '../contract/messages.ts';
import { type Prepared, taskToSend } from '../delivery/prepared.ts';
import { Submitter } from '../delivery/submitter.ts';
import type { Outcome } from '../delivery/wait/outcome.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';

/** How the one real task ended. */
export type Smoke =
  | { readonly end: 'completed'; readonly result: TaskResult; readonly ms: number }
  | { readonly end: 'failed'; readonly error: string; readonly ms: number }
  | { readonly end: 'dead_letter'; readonly reason: string }
  /** In a frame of generation C. */
  | { readonly end: 'framed'; readonly status: string; readonly ms: number }
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
  const { clock, timeoutMs, signal } = options;
  const task = taskOf(options);
  // A second answer is no matter of this test; another's malformed one must not end it.
  const submitter = new Submitter(transport, { clock, lingerMs: 0 });
  let sent = false;
  try {
    const { outcome } = await submitter.start(task, {
      timeoutMs,
      signal,
      passMalformed: true,
      onSent: () => {
        sent = true;
      },
    });
    return smokeOf(await outcome);
  } catch (thrown) {
    if (sent || !isHeddleError(thrown) || thrown.code !== 'permission_denied') throw thrown;
    throw new HeddleError(
      'permission_denied',
      `this user may not subscribe to ${task.resultSubject}: nothing was sent`,
      {
        hint: "The result of the task could not be seen. Allow heddle.results.> in the user's permissions.",
      },
    );
  } finally {
    submitter.close();
  }
}

function taskOf({ workerType, tier, payload, sources }: SmokeOptions): Prepared {
  const task = buildTask(
    {
      worker_type: workerType,
      payload: payload ?? { text: 'smoke test' },
      parent_task_id: `preflight-${sources.uuid()}`,
      ...(tier === undefined ? {} : { model_tier: tier as ModelTier }),
      metadata: { sent_by: 'heddle-ts preflight' },
    },
    sources,
  );
  return taskToSend(task, encodeMessage(task));
}

function smokeOf(outcome: Outcome): Smoke {
  const ms = Math.round(outcome.elapsedMs * 10) / 10;
  switch (outcome.kind) {
    case 'completed':
      return { end: 'completed', result: outcome.result, ms };
    case 'failed':
      return { end: 'failed', error: outcome.result.error ?? 'no reason given', ms };
    case 'dead_lettered':
      return { end: 'dead_letter', reason: reasonIn(outcome.text) };
    case 'unheard':
      return { end: 'unheard' };
    case 'malformed':
      if (outcome.framed !== undefined) return { end: 'framed', status: outcome.framed.status, ms };
      return { end: 'silent', ms };
    case 'timeout':
    case 'lost':
      return { end: 'silent', ms };
  }
}

function reasonIn(letter: string): string {
  const read = readJsonObjectText(letter);
  return read.ok && typeof read.value.reason === 'string' ? read.value.reason : 'no reason given';
}
