import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import type { MakePart, Part } from '../part.ts';
import { consolePart } from './console.ts';
import { deadLetters } from './dead-letters.ts';
import { events } from './events.ts';
import { mqtt } from './mqtt.ts';
import { playbooks } from './playbooks.ts';
import { proxy } from './proxy.ts';
import { sessions } from './sessions.ts';
import { sidecars } from './sidecars.ts';
import { subscriptions } from './subscriptions.ts';
import { webhooks } from './webhooks.ts';
import { workers } from './workers.ts';

/** One part a file; test/architecture.test.ts holds the list to its folder. */
const PARTS: readonly MakePart[] = [
  webhooks,
  sessions,
  events,
  playbooks,
  subscriptions,
  proxy,
  workers,
  mqtt,
  sidecars,
  deadLetters,
  consolePart,
];

/** To be looked at where no gateway runs. */
export function describedParts(config: GatewayConfig): readonly Part[] {
  return partsOf(notRunning, config);
}

export function notRunning(): never {
  throw new Error('what is only described was asked');
}

/** Those that the config asks for. */
export function partsOf(ask: AskCore, config: GatewayConfig): readonly Part[] {
  return PARTS.flatMap((make) => make(ask, config) ?? []);
}
