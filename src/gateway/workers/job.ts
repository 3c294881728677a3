import { metadataLine, payloadLine, type TakenTask } from '../../contract/taken-task.ts';
import { readTraceContext, traceparent } from '../../contract/trace-context.ts';
import { wireTime } from '../../contract/wire-time.ts';
import type { Clock } from '../../time/clock.ts';
import type { Job, Lease } from '../lease/lease.ts';
import type { LeaseRecord } from './lease-record.ts';

/** A task on its way through the gateway. */
export interface WorkJob extends Job {
  readonly type: string;
  readonly tier: string;
  readonly task: TakenTask;
  /** What its workers put by for the next one, as JSON text; the same for all its deliveries. */
  readonly memo: { checkpoint: string | undefined };
  /** Where it comes from a stream; the same as long as it is here. */
  readonly stored?: StoredTask | undefined;
}

/** A task as its stream knows it. */
export interface StoredTask {
  readonly seq: number;
  /** Of its newest delivery. */
  token: string;
  /** What the other replicas know of it, once it was handed out. */
  record?: LeaseRecord | undefined;
  revision: number | undefined;
}

export type WorkLease = Lease<WorkJob>;

/** Headers of a task that was handed out before: the next gateway goes on counting. */
const DELIVERY = 'Heddle-Gateway-Delivery';
const ATTEMPT = 'Heddle-Gateway-Attempt';
const MOST = 1_000_000;

export function countsIn(headers: { get(name: string): string } | undefined): Pick<WorkJob, 'attempt' | 'deliveries'> {
  return { deliveries: numberOf(headers?.get(DELIVERY)) ?? 0, attempt: numberOf(headers?.get(ATTEMPT)) ?? 1 };
}

export function countHeaders({ deliveries, attempt }: WorkJob): Readonly<Record<string, string>> {
  return { [DELIVERY]: String(deliveries), [ATTEMPT]: String(attempt) };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,6}$/.test(text) && Number(text) <= MOST ? Number(text) : undefined;
}

/** The same task for its next delivery. */
export function nextOf({ job, delivery }: WorkLease, attempt = job.attempt): WorkJob {
  return { ...job, deliveries: delivery, attempt };
}

export function expiryText(lease: WorkLease, clock: Clock): string {
  return wireTime(clock.now() + lease.expiresAt - clock.elapsed());
}

/** What a worker is handed, as JSON text: what the sender wrote is not written again. */
export function itemText(lease: WorkLease, clock: Clock): string {
  const { job, handle, leaseId } = lease;
  const { task, memo } = job;
  const { message, taskId, parentTaskId, workerType, metadata } = task;
  const payload = payloadLine(task);
  const head = JSON.stringify({
    task_id: handle,
    lease_id: leaseId,
    heddle_task_id: taskId,
    worker_type: workerType,
    model_tier: metadata.model_tier,
    parent_task_id: parentTaskId,
    request_id: message.request_id ?? null,
    run_id: runOf(job),
    step_id: taskId,
    iteration: 0,
    attempt: job.attempt,
    lease_expires_at: expiryText(lease, clock),
    lease_ms: lease.termMs,
  });
  const checkpoint = memo.checkpoint === undefined ? '' : `,"checkpoint":${memo.checkpoint}`;
  const trace = readTraceContext(message);
  const state = trace?.tracestate === undefined ? '' : `,"tracestate":${JSON.stringify(trace.tracestate)}`;
  const traced = trace === undefined ? '' : `,"traceparent":"${traceparent(trace)}"${state}`;
  return `${head.slice(0, -1)},"payload":${payload},"input":${payload},"metadata":${metadataLine(task)}${checkpoint}${traced}}`;
}

/** What tasks of one goal have in common; of a single task, itself. */
export function runOf({ task }: Pick<WorkJob, 'task'>): string {
  return task.parentTaskId === null || task.parentTaskId === '' ? task.taskId : task.parentTaskId;
}
