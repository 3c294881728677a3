import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import { exposure } from '../config/views/gateway-config/read.ts';
import type { Scope } from '../config/views/gateway-config/scope.ts';
import { HeddleError } from '../errors.ts';
import { ANONYMOUS, ANY_WORK, type Live } from './core.ts';
import { Holders } from './holders.ts';
import type { Part } from './part.ts';
import { fixedOf } from './parts.ts';
import type { WorkerInputs } from './requests/read-work.ts';
import { type SecretSource, secretText } from './secrets.ts';

/** What a config means once its secrets are there. `before`: in whose place it is to come. Throws `settings_invalid` with the place of what is missing. */
export function openLive(
  config: GatewayConfig,
  source: SecretSource,
  inputs: WorkerInputs,
  outputs: WorkerInputs = new Map(),
  before?: Live,
): Live {
  refuseExposed(config);
  const tokens = config.tokens.map(({ id, secret, scopes }) => ({
    name: id,
    secret: secretText(secret, source, `token ${id}`),
    scopes: heldScopes(scopes),
  }));
  const isOpen = tokens.length === 0 && config.login === undefined;
  return { config, holders: new Holders(tokens, isOpen ? ANONYMOUS : undefined, before?.holders), inputs, outputs };
}

/** Throws `settings_invalid` where everybody could do what only those with tokens are to. */
export function refuseExposed(config: GatewayConfig): void {
  const problem = exposure(config);
  if (problem === undefined) return;
  throw new HeddleError('settings_invalid', problem, {
    hint: 'Name tokens below auth, listen on a loopback address, or serve webhooks alone (requests: false).',
  });
}

/** Who may work on some types may ask at all; on which, each route looks itself. */
export function heldScopes(scopes: readonly Scope[]): readonly string[] {
  if (scopes.includes('work')) return [...scopes, ANY_WORK];
  return scopes.some((scope) => scope.startsWith('work:')) ? [...scopes, 'work'] : scopes;
}

/** What of a new config cannot take effect while it runs. */
export function restartFor(before: Standing, after: Standing): readonly string[] {
  const [was, is] = [fixed(before), fixed(after)];
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]));
}

/** A config, and the parts that it asks for. */
export interface Standing {
  readonly config: GatewayConfig;
  readonly parts: readonly Part[];
}

function fixed({ config, parts }: Standing): Readonly<Record<string, unknown>> {
  return {
    name: config.name,
    listen: config.listen,
    tls: config.tls === undefined,
    trust_proxy: config.trustProxy,
    store: config.store,
    requests: config.requests,
    'auth.open_metrics': config.openMetrics,
    'limits.body_bytes': config.limits.bodyBytes,
    'limits.connections': config.limits.connections,
    'limits.inflight': config.limits.inflight,
    'limits.sse_clients': config.limits.sseClients,
    'dedupe.ttl_s': lifetimesOf(config),
    ...fixedOf(parts, config),
  };
}

/** A lifetime for each bucket, that of requests first. */
export function lifetimesOf({ store, webhooks }: GatewayConfig): readonly number[] {
  return [...new Set([store.ttlS, ...webhooks.map(({ dedupe }) => dedupe?.ttlS ?? store.ttlS).sort((a, b) => a - b)])];
}

/** The new config with the store of the old one: where requests are kept was opened at the start. */
export function keepStore(next: GatewayConfig, before: GatewayConfig): GatewayConfig {
  const { store } = before;
  const ttls = new Set(lifetimesOf(before));
  const webhooks = next.webhooks.map((webhook) => {
    const { dedupe } = webhook;
    if (dedupe === undefined || ttls.has(dedupe.ttlS)) return webhook;
    return { ...webhook, dedupe: { ...dedupe, ttlS: store.ttlS } };
  });
  return { ...next, store, webhooks };
}
