import type { Section } from '../../section.ts';
import { consoleOf } from './console.ts';
import { events } from './events.ts';
import { mqtt } from './mqtt.ts';
import { playbooks } from './playbooks.ts';
import { proxy } from './proxy.ts';
import { sidecars } from './sidecars.ts';
import { subscriptions } from './subscriptions.ts';
import { updates } from './updates.ts';
import { webhooks } from './webhooks.ts';
import { workers } from './workers.ts';

/** What each part of a gateway reads of its config, one part a file; the names are those that `GatewayConfig` has. */
const READERS = {
  ...{ webhooks, workers, events, playbooks, updates, subscriptions, proxy, mqtt, sidecars },
  console: consoleOf,
} satisfies Record<string, (top: Section) => unknown>;

/** What the parts were told, with every default filled in. */
export type PartConfigs = { readonly [Name in keyof typeof READERS]: ReturnType<(typeof READERS)[Name]> };

export function partConfigsOf(top: Section): PartConfigs {
  return Object.fromEntries(Object.entries(READERS).map(([name, read]) => [name, read(top)])) as PartConfigs;
}
