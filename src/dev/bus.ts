import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { findProgram } from '../worker/exec/find-program.ts';
import { startNatsServer } from './nats-server.ts';

/** A bus that `dev` started, or one that somebody else runs. */
export interface DevBus {
  readonly url: string;
  /** For people: `nats-server 2.9.10, JetStream`. */
  readonly what: string;
  /** Ends what was started, with everything it left on disk. */
  stop(): Promise<void>;
  /** The same, without waiting for anything. */
  kill(): void;
  /** Settles, with the reason, when the bus ended by itself. */
  readonly ended: Promise<HeddleError>;
}

export interface BusOptions {
  /** `auto`: a nats-server on the PATH, else the built-in one. Anything else than the names is a URL. */
  readonly bus: string;
  /** 0: a free one. */
  readonly port: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly log: (text: string) => void;
  /** Told of a child as soon as there is one: what ends it and removes its files, without waiting. */
  readonly onChild?: ((kill: () => void) => void) | undefined;
}

const NEVER: Promise<HeddleError> = new Promise(() => {});

export async function startBus(options: BusOptions): Promise<DevBus> {
  const { bus, port, clock = systemClock } = options;
  if (bus !== 'auto' && bus !== 'builtin' && bus !== 'nats-server') {
    return { url: bus, what: 'a bus that was there', stop: async () => {}, kill: () => {}, ended: NEVER };
  }
  if (bus === 'builtin') return await builtin(port, clock);
  const program = await findProgram('nats-server', options);
  if (program !== undefined) {
    try {
      return await startNatsServer(program, port, { ...options, clock });
    } catch (thrown) {
      if (bus === 'nats-server') throw thrown;
      options.log(`${thrown instanceof Error ? thrown.message : String(thrown)}; using the built-in bus`);
    }
  } else if (bus === 'nats-server') {
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
