import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import { exposure } from '../config/views/gateway-config/read.ts';
import { HeddleError } from '../errors.ts';
import { tokenHolders } from '../http/bearer.ts';
import type { Clock } from '../time/clock.ts';
import type { Live } from './core.ts';
import type { WorkerInputs } from './requests/read-work.ts';
import { type SecretSource, secretText } from './secrets.ts';
import { openWebhook } from './webhook/open.ts';

/** What a config means once its secrets are there. Throws `settings_invalid` with the place of what is missing. */
export function openLive(config: GatewayConfig, source: SecretSource, inputs: WorkerInputs, clock: Clock): Live {
  const problem = exposure(config);
  if (problem !== undefined) {
    throw new HeddleError('settings_invalid', problem, {
      hint: 'Name tokens below auth, listen on a loopback address, or serve webhooks alone (requests: false).',
    });
  }
  const tokens = config.tokens.map(({ id, secret, scopes }) => ({
    name: id,
    secret: secretText(secret, source, `token ${id}`),
    scopes,
  }));
  const webhooks = config.webhooks.map((each) => [each.name, openWebhook(each, source, clock)] as const);
  return { config, holder: tokenHolders(tokens), webhooks: new Map(webhooks), inputs };
}

/** What of a new config cannot take effect while it runs. */
export function restartFor(before: GatewayConfig, after: GatewayConfig): readonly string[] {
  const fixed = (config: GatewayConfig) => ({
    name: config.name,
    listen: config.listen,
    tls: config.tls === undefined,
    trust_proxy: config.trustProxy,
    store: config.store,
    requests: config.requests,
    'auth.open_metrics': config.openMetrics,
    dead_letters: config.deadLetters,
    'limits.body_bytes': config.limits.bodyBytes,
    'limits.connections': config.limits.connections,
    'limits.inflight': config.limits.inflight,
    'dedupe.ttl_s': lifetimesOf(config),
  });
  const [was, is] = [fixed(before), fixed(after)];
  return Object.keys(was).filter((key) => {
    const name = key as keyof typeof was;
    return JSON.stringify(was[name]) !== JSON.stringify(is[name]);
  });
}

/** A lifetime for each bucket, that of requests first. */
export function lifetimesOf({ store, webhooks }: GatewayConfig): readonly number[] {
  return [...new Set([store.ttlS, ...webhooks.map(({ dedupe }) => dedupe?.ttlS ?? store.ttlS).sort((a, b) => a - b)])];
}

/** The new config with the lifetimes of the old one. */
export function keepLifetimes(next: Live, before: Live): Live {
  const ttls = new Set(lifetimesOf(before.config));
  const { store } = before.config;
  const kept = (ttlS: number): number => (ttls.has(ttlS) ? ttlS : store.ttlS);
  const webhooks = [...next.webhooks].map(([name, webhook]) => {
    const { dedupe } = webhook.config;
    if (dedupe === undefined) return [name, webhook] as const;
    const config = { ...webhook.config, dedupe: { ...dedupe, ttlS: kept(dedupe.ttlS) } };
    return [name, { ...webhook, config }] as const;
  });
  return { ...next, config: { ...next.config, store }, webhooks: new Map(webhooks) };
}
