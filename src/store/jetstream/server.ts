import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { ClientConnection } from '../../transport/nats/client-connection.ts';
import type { Transport } from '../../transport/transport.ts';

/** The official packages over a connection of ours. */
export interface Server {
  readonly bus: Transport;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Whether there is JetStream is told by the first thing that is asked, in words of ours. */
const UNASKED = { checkAPI: false };

export async function serverOn(bus: Transport): Promise<Server> {
  const connection = new ClientConnection(bus);
  return {
    bus,
    client: jetstream(connection, UNASKED),
    manager: await jetstreamManager(connection, UNASKED),
  };
}
