import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import { counter } from '../metrics.ts';
import type { Part } from '../part.ts';
import { Deliveries } from '../webhook/deliveries.ts';
import { openWebhook, type Webhook } from '../webhook/open.ts';
import { webhookRoutes } from '../webhook/routes.ts';

/** Verified deliveries of others, which become goals and tasks. */
export function webhooks(ask: AskCore): Part {
  let open: ReadonlyMap<string, Webhook> = new Map();
  const deliveries = new Deliveries();
  return {
    name: 'webhooks',
    routes: webhookRoutes(ask, { named: (name) => open.get(name), deliveries }),
    contract: ({ webhooks }) => ({ webhooks: webhooks.filter(({ enabled }) => enabled).map(promiseOf) }),
    prepare: ({ webhooks }, { secrets, clock }) => {
      // One that is switched off needs no secret yet.
      const on = webhooks.filter(({ enabled }) => enabled);
      const next = new Map(on.map((each) => [each.name, openWebhook(each, secrets, clock)] as const));
      return () => {
        open = next;
        deliveries.know(open.keys());
      };
    },
    state: () => ({ webhooks: open.size }),
    families: () => [counter('webhook_deliveries_total', 'Deliveries, by what became of them.', deliveries.samples())],
  };
}

type WebhookConfig = GatewayConfig['webhooks'][number];

function promiseOf({ name, verify, target, dedupe, cloudevents }: WebhookConfig): Record<string, unknown> {
  return {
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
  };
}

function keyText(key: NonNullable<WebhookConfig['dedupe']>['key']): string {
  return key.in === 'header' ? `header:${key.name}` : `body:/${key.pointer.join('/')}`;
}
