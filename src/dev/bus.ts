import { closeSync, openSync } from 'node:fs';
import { findProgram } from '../child/find-program.ts';
import { HeddleError, isHeddleError, isOutOfFiles } from '../errors.ts';
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
      // The built-in bus takes more files of this process, not fewer.
      if (bus === 'nats-server' || options.mqttPort !== undefined || isOutOfFiles(thrown)) throw thrown;
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
    return {
      url: broker.url,
      what: 'built in, for development',
      stop,
      kill: () => void stop(),
      ended: NEVER,
      whyRefused,
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('usage', `cannot listen on port ${port}: ${why}`, {
      remedy: { do: 'choose-free-port' },
      cause,
    });
  }
}

/** Both ends of a connection to the built-in bus are in this process. */
const FILES_OF_A_CONNECTION = 2;

/**
 * What may open no more files cannot accept a connection: libuv closes it, and tells neither end why. The end that connected sees a
 * server that hangs up without a word, so whether there is room for both ends is tried here.
 */
function whyRefused(thrown: unknown): unknown {
  if (!isHeddleError(thrown) || thrown.code !== 'connection_not_nats') return thrown;
  const held: number[] = [];
  try {
    while (held.length < FILES_OF_A_CONNECTION) held.push(openSync('/', 'r'));
    return thrown;
  } catch (cause) {
    if (!isOutOfFiles(cause)) return thrown;
    const why = `the built-in bus cannot take one more connection (${cause.message})`;
    return new HeddleError('connection_failed', why, { cause });
  } finally {
    for (const file of held) closeSync(file);
  }
}
