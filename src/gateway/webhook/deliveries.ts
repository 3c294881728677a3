import { CounterBy, type Labels } from '../../http/prometheus.ts';

const OUTCOMES = [
  'accepted',
  'duplicate',
  'challenge',
  'missing_signature',
  'bad_signature',
  'stale_timestamp',
  'unknown_key',
  'keys_unavailable',
  'bad_body',
  'unmapped',
  'rate_limited',
  'nobody_listens',
  'bus_down',
  'store_unavailable',
  'unconfirmed',
  'failed',
] as const;
/** What became of a delivery. */
export type DeliveryOutcome = (typeof OUTCOMES)[number];

/** Deliveries by webhook and by what became of them. A webhook that a reload removed keeps what was counted. */
export class Deliveries {
  readonly #byWebhook = new Map<string, CounterBy<DeliveryOutcome>>();

  know(webhooks: Iterable<string>): void {
    for (const name of webhooks) this.#counter(name);
  }

  count(webhook: string, outcome: DeliveryOutcome): void {
    this.#counter(webhook).add(outcome);
  }

  samples(): readonly (readonly [Labels, number])[] {
    return [...this.#byWebhook].flatMap(([webhook, by]) => by.samples({ webhook }));
  }

  #counter(name: string): CounterBy<DeliveryOutcome> {
    const known = this.#byWebhook.get(name) ?? new CounterBy('outcome', OUTCOMES);
    this.#byWebhook.set(name, known);
    return known;
  }
}
