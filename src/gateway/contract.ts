import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { StoreKind } from './events.ts';

/** What is promised under a config, for clients and for whoever runs it. `store` undefined: not opened yet. */
export function contractOf(config: GatewayConfig, version: string, store: StoreKind | undefined): unknown {
  const { name, limits, webhooks, tokens, publicUrl, cors } = config;
  return {
    schema_version: 1,
    name,
    version,
    url: publicUrl ?? null,
    authentication: tokens.length > 0 ? 'token' : 'none',
    cors: cors?.origins ?? [],
    store: {
      kind: store ?? config.store.kind,
      shared_by_replicas: store === undefined ? config.store.kind !== 'memory' : store === 'jetstream',
      request_ttl_s: config.store.ttlS,
      largest_result_bytes: config.store.resultBytes,
    },
    limits: {
      body_bytes: limits.bodyBytes,
      inflight: limits.inflight,
      wait_s: limits.waitS,
      requests_per_second: limits.perToken ?? null,
    },
    requests: config.requests ? REQUESTS : null,
    webhooks: webhooks
      .filter(({ enabled }) => enabled)
      .map(({ name, verify, target, dedupe, cloudevents }) => ({
        name,
        path: `/webhooks/${name}`,
        scheme: verify.scheme,
        tolerance_s: verify.toleranceS ?? null,
        to: target.to,
        worker_type: target.to === 'task' ? target.workerType : null,
        // Heddle cannot address a goal: with several pipelines one of them takes it, whichever that is.
        addressed: target.to === 'task',
        dedupe: dedupe === undefined ? null : { key: keyText(dedupe.key), ttl_s: dedupe.ttlS },
        cloudevents: cloudevents !== undefined,
      })),
  };
}

/** In words, because no number says it. */
const REQUESTS = {
  accepted_means:
    'the server of the bus has the message, and somebody listened, a stream kept it, or nobody can tell: listener says which',
  delivery:
    'at most once from the bus on; once more, under the same id, where the connection broke before the server confirmed',
  result: 'kept until the end of its lifetime; the first answer counts',
  refused_with_503:
    'nothing was sent, and an idempotency key or a delivery id is not used up; unconfirmed is the exception, and says so',
};

function keyText(key: NonNullable<GatewayConfig['webhooks'][number]['dedupe']>['key']): string {
  return key.in === 'header' ? `header:${key.name}` : `body:/${key.pointer.join('/')}`;
}
