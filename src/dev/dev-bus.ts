import type { HeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';

/** A bus that `dev` started, or one that somebody else runs. */
export interface DevBus {
  readonly url: string;
  /** For people: `nats-server 2.9.10, JetStream`. */
  readonly what: string;
  /** Where it speaks MQTT; undefined: nowhere. */
  readonly mqttUrl?: string | undefined;
  /** Ends what was started, with everything it left on disk. */
  stop(): Promise<void>;
  /** The same, without waiting for anything. */
  kill(): void;
  /** Settles, with the reason, when the bus ended by itself. */
  readonly ended: Promise<HeddleError>;
  /** Why a connection to it failed, where more is known here than at the other end of it; else what was handed in. */
  whyRefused?(thrown: unknown): unknown;
}

export interface BusOptions {
  /** `auto`: a nats-server on the PATH, else the built-in one. Anything else than the names is a URL. */
  readonly bus: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where devices may come with MQTT, by the server's own listener; 0: a free one; undefined: nowhere. */
  readonly mqttPort?: number | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly log: (text: string) => void;
  /** Told of a child as soon as there is one: what ends it and removes its files, without waiting. */
  readonly onChild?: ((kill: () => void) => void) | undefined;
}
