import { findProgram } from '../child/find-program.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { BusOptions, DevBus } from './dev-bus.ts';
import { startNatsServer } from './nats-server.ts';

const NEVER: Promise<HeddleError> = new Promise(() => {});

export async function startBus(options: BusOptions): Promise<DevBus> {
  const { bus, port, clock = systemClock } = options;
  if (options.mqttPort !== undefined && bus !== 'auto' && bus !== 'nats-server') {
    throw new HeddleError('usage', 'MQTT is spoken by a nats-server that is started here, and by no other bus', {
      remedy: { do: 'install-nats-server' },
    });
  }
  if (bus !== 'auto' && bus !== 'builtin' && bus !== 'nats-server') {
    return { url: bus, what: 'a bus that was there', stop: async () => {}, kill: () => {}, ended: NEVER };
  }
  if (bus === 'builtin') return await builtin(port, clock);
  const program = await findProgram('nats-server', options);
  if (program !== undefined) {
    try {
      return await startNatsServer(program, port, { ...options, clock });
    } catch (thrown) {
      if (bus === 'nats-server' || options.mqttPort !== undefined) throw thrown;
      options.log(`${thrown instanceof Error ? thrown.message : String(thrown)}; using the built-in bus`);
    }
  } else if (bus === 'nats-server' || options.mqttPort !== undefined) {
    throw new HeddleError('usage', 'there is no nats-server on the PATH', {
      remedy: { do: 'install-nats-server' },
    });
  }
  return await builtin(port, clock);
}

async function builtin(port: number, clock: Clock): Promise<DevBus> {
  const { startBroker } = await import('../broker/broker.ts');
  try {
    const broker = await startBroker({ port, clock });
    const stop = (): Promise<void> => broker.close();
    return { url: broker.url, what: 'built in, for development', stop, kill: () => void stop(), ended: NEVER };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('usage', `cannot listen on port ${port}: ${why}`, {
      remedy: { do: 'choose-free-port' },
      cause,
    });
  }
}
