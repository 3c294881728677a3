import { version } from 'nats/lib/version.js';

/** The client that talks to the bus, for `-v --version`; its version file alone is loaded. */
export function clientVersion(): string {
  return `@nats-io/transport-node ${version}`;
}
