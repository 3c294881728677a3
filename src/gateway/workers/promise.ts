import type { WorkerTypeConfig } from '../../config/views/gateway-config/parts/workers.ts';

/** What is promised to the workers of a type, and to those who send it tasks. */
export function promiseOf({
  name,
  tiers,
  mode,
  leaseS,
  onExpiry,
  maxAttempts,
  buffer,
  wrapOutput,
}: WorkerTypeConfig): Readonly<Record<string, unknown>> {
  return {
    task_type: name,
    tiers,
    mode,
    lease_ms: leaseS * 1000,
    on_expiry: mode === 'durable' ? 'redelivered' : onExpiry,
    max_attempts: maxAttempts,
    buffer,
    wrap_output: wrapOutput ?? null,
    delivery: DELIVERY[mode],
  };
}

/** In words, because no number says it. */
const DELIVERY = {
  core: 'at most once from the bus; once it is here, a result is published, or it is given back, or it is counted as lost, as long as the process lives',
  durable:
    'at least once from the moment on at which the stream has it; the way to the stream, and that of the result, is at most once; no worker may take tasks of this type straight from the bus',
} as const;
