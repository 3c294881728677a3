import { gatewayProblem } from '../problems.ts';
import type { Deliveries } from './deliveries.ts';
import type { Webhook } from './open.ts';

/** Those of the config in force that are switched on, by name, and what is counted of them. */
export interface Webhooks {
  named(name: string): Webhook | undefined;
  readonly deliveries: Deliveries;
}

/** One that is switched off is no more there than one that never was. */
export function webhookNamed(webhooks: Webhooks, name: string): Webhook {
  const webhook = webhooks.named(name);
  if (webhook !== undefined) return webhook;
  throw gatewayProblem('unknown_webhook', { detail: 'there is no such webhook here' });
}
