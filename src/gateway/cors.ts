import type { IncomingHttpHeaders } from 'node:http';
import type { Live } from './core.ts';

/** For browsers: whose pages may read our answers. */
export function corsHeaders(
  { config: { cors, login } }: Live,
  { origin }: IncomingHttpHeaders,
): Record<string, string> | undefined {
  if (cors === undefined) return undefined;
  if (origin === undefined || !cors.origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(login?.cookie === true && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
    'access-control-allow-headers':
      'authorization, x-session-token, content-type, prefer, idempotency-key, traceparent, tracestate, heddle-request-id, heddle-client-id, last-event-id',
    'access-control-expose-headers':
      'heddle-request-id, heddle-task-status, heddle-store, location, retry-after, traceparent, preference-applied, idempotent-replayed',
    'access-control-max-age': String(cors.maxAgeS),
  };
}
