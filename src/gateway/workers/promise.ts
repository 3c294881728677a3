import type { WorkerTypeConfig } from '../../config/views/gateway-config/parts/workers.ts';

/** What is promised to the workers of a type, and to those who send it tasks. */
export function promiseOf({
  name,
  tiers,
  leaseS,
  onExpiry,
  maxAttempts,
  buffer,
  wrapOutput,
}: WorkerTypeConfig): Readonly<Record<string, unknown>> {
  return {
    task_type: name,
    tiers,
    mode: 'core',
    lease_ms: leaseS * 1000,
    on_expiry: onExpiry,
    max_attempts: maxAttempts,
    buffer,
    wrap_output: wrapOutput ?? null,
    delivery: CORE,
  };
}

/** In words, because no number says it. */
const CORE =
  'at most once from the bus; once it is here, a result is published, or it is given back, or it is counted as lost, as long as the process lives';
