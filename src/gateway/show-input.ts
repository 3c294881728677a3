import { gatewayInputSubject } from '../topology/role.ts';
import type { Subscription } from '../transport/transport.ts';
import type { Core } from './core.ts';

/** Lets whoever looks at the bus see what else work comes from. Nothing is ever sent there. */
export function showInput({ bus, live }: Core, kind: 'mqtt' | 'sidecar', input: string): Subscription {
  return bus.transport.subscribe(gatewayInputSubject(live().config.name, kind, input), () => {});
}
