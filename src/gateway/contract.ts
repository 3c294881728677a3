import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { StoreKind } from './events.ts';
import type { Part } from './part.ts';
import { promisesOf } from './parts.ts';
import type { WorkerInputs } from './requests/read-work.ts';

interface About {
  readonly version: string;
  /** undefined: not opened yet. */
  readonly store: StoreKind | undefined;
  readonly parts: readonly Part[];
  /** Of which workers the input schema is known; undefined: not looked for. */
  readonly inputs: WorkerInputs | undefined;
}

/** What is promised under a config, for clients and for whoever runs it. */
export function contractOf(config: GatewayConfig, { version, store, parts, inputs }: About): unknown {
  const { name, limits, publicUrl, cors } = config;
  return {
    schema_version: 1,
    name,
    version,
    url: publicUrl ?? null,
    authentication: authenticationOf(config),
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
    requests: config.requests
      ? { ...REQUESTS, input_checked: inputs === undefined ? null : [...inputs.keys()].sort() }
      : null,
    ...promisesOf(parts, config),
  };
}

function authenticationOf({ tokens, login }: GatewayConfig): string {
  const kinds = [...(tokens.length > 0 ? ['token'] : []), ...(login === undefined ? [] : ['session'])];
  return kinds.join(' or ') || 'none';
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
