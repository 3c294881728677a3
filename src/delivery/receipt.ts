import type { Heard, Hearing } from './heard.ts';
import type { Prepared } from './prepared.ts';

/** What is known once the server has taken the message. The keys are those of the JSON output. */
export interface Receipt {
  readonly kind: 'task' | 'goal';
  readonly subject: string;
  /** Of a task. */
  readonly task_id: string | null;
  /** Of a goal. */
  readonly goal_id: string | null;
  readonly parent_task_id: string | null;
  readonly request_id: string | null;
  readonly worker_type: string | null;
  readonly model_tier: string | null;
  /** Where the answer will be published. */
  readonly result_subject: string;
  readonly traceparent: string | null;
  readonly bytes: number;
  readonly heard: Heard;
  /** The JetStream stream that has it; there only when one said so. */
  readonly stored_by?: string | undefined;
  /** From publishing to the server's confirmation. */
  readonly elapsed_ms: number;
}

export function receiptOf(prepared: Prepared, { heard, storedBy }: Hearing, elapsedMs: number): Receipt {
  const { kind, id } = prepared;
  return {
    kind,
    subject: prepared.subject,
    task_id: kind === 'task' ? id : null,
    goal_id: kind === 'goal' ? id : null,
    parent_task_id: prepared.parentId,
    request_id: prepared.requestId,
    worker_type: prepared.workerType ?? null,
    model_tier: prepared.tier ?? null,
    result_subject: prepared.resultSubject,
    traceparent: prepared.traceparent ?? null,
    bytes: prepared.bytes,
    heard,
    ...(storedBy === undefined ? {} : { stored_by: storedBy }),
    elapsed_ms: roundedMs(elapsedMs),
  };
}

/** Microseconds are what a clock can tell; more digits are noise. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
