import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { HeddleError } from '../../errors.ts';
import { disarmLine, quoted } from '../screen/disarm.ts';

/**
 * A config that nobody named lies where we were started, which may be a folder of somebody else's. It serves; it starts no program, and
 * gives nobody what is the user's, until somebody has named it.
 */
export function refuseUnnamed(shown: string, config: GatewayConfig): void {
  const [first] = reaches(config);
  if (first === undefined) return;
  throw new HeddleError('usage', `${shown} ${disarmLine(first)}, and nobody named this config`, {
    hint: `Look at it, then name it: heddle-ts gateway --config ${shown}`,
  });
}

function reaches({ sidecars, subscriptions, mqtt }: GatewayConfig): readonly string[] {
  return [
    ...sidecars.map(({ name, command: [program] }) => `starts the program ${quoted(program)} (sidecar ${name})`),
    ...subscriptions.map(
      ({ kind, command: [program] }) => `starts the program ${quoted(program)} (subscription ${kind})`,
    ),
    ...mqtt
      .filter(({ password, clientId }) => password !== undefined || (clientId !== undefined && 'env' in clientId))
      .map(({ url }) => `sends a secret or variable of yours to the broker at ${url}`),
  ];
}
