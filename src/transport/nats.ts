import { checkOptions } from '../check-options.ts';
import { join } from './nats/connect.ts';
import { planOf } from './nats/plan.ts';
import { NatsTransport } from './nats/transport.ts';
import { CONNECT_INSTEAD, CONNECT_OPTIONS, type ConnectOptions } from './options.ts';
import type { Transport } from './transport.ts';

/**
 * Connects to a NATS server. Ends before the deadline, with a bus or with a HeddleError that names the cause and the
 * remedy; whatever it opened on the way is closed again.
 */
export async function connect(options: ConnectOptions): Promise<Transport> {
  checkOptions('connect', options, CONNECT_OPTIONS, CONNECT_INSTEAD);
  const plan = await planOf(options);
  return new NatsTransport(await join(plan, options.signal), plan);
}
