import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Clock } from '../../time/clock.ts';
import { ClientConnection } from '../../transport/nats/client-connection.ts';
import type { Transport } from '../../transport/transport.ts';

/** The official packages over a connection of ours. */
export interface Server {
  readonly bus: Transport;
  /** To ask again by where nobody answered; undefined: each thing is asked once. */
  readonly clock: Clock | undefined;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Whether there is JetStream is told by the first thing that is asked, in words of ours. */
const UNASKED = { checkAPI: false };

export async function serverOn(bus: Transport, clock: Clock | undefined): Promise<Server> {
  const connection = new ClientConnection(bus);
  return {
    bus,
    clock,
    client: jetstream(connection, UNASKED),
    manager: await jetstreamManager(connection, UNASKED),
  };
}
