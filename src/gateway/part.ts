import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { TaskResult } from '../contract/messages.ts';
import type { Credentials } from '../http/bearer.ts';
import type { Family } from '../http/prometheus.ts';
import type { Principal } from '../http/route.ts';
import type { Clock } from '../time/clock.ts';
import type { AskCore } from './core.ts';
import type { GatewayRoute } from './gateway-route.ts';
import type { Hub } from './hub/hub.ts';
import type { RequestRecord } from './requests/record.ts';
import type { SecretSource } from './secrets.ts';

/**
 * Makes a part, which is described, and checked, also where no gateway runs: the core may be asked for from `open` on, and in
 * routes. undefined where the config does not ask for this part; only a restart changes that.
 */
export type MakePart = (ask: AskCore, config: GatewayConfig) => Part | undefined;

/** What a config means is found with these alone. */
export interface Means {
  readonly secrets: SecretSource;
  readonly clock: Clock;
  /** Default: Linux. */
  readonly platform?: NodeJS.Platform | undefined;
}

/** One face of the gateway, beside requests: what it serves, promises, counts, and how it begins and ends. */
export interface Part {
  /** As it is called in messages, and in its section of the config. */
  readonly name: string;
  readonly routes: readonly GatewayRoute[];
  /** Its members of the contract under a config. */
  contract(config: GatewayConfig): Readonly<Record<string, unknown>>;
  /**
   * Finds out what a config means, and throws where that cannot be (a secret that is not there): then nothing changes. What it
   * answers puts the config into force, at the start before `open`, and later at each reload.
   */
  prepare?(config: GatewayConfig, means: Means): (() => void) | Promise<() => void>;
  /** Finds out what of this machine it can use: which packages that nobody has to install are there. Before `prepare`. */
  look?(): Promise<void>;
  /** What of a config only a restart changes, by the keys under which users know it. */
  fixed?(config: GatewayConfig): Readonly<Record<string, unknown>>;
  /** Begins, before anything is served. What it throws ends the start, and `putAway` is called. */
  open?(): Promise<void>;
  /** Why no requests should come here now; undefined: nothing of this part speaks against it. */
  unready?(): string | undefined;
  /** Its members of what the probes tell. */
  state?(): Readonly<Record<string, unknown>>;
  /** Every series from the start, at 0. */
  families?(): readonly Family[];
  /** Who shows something that this part has given out. At once undefined where nothing of the kind is shown. */
  authenticate?(credentials: Credentials): Promise<Principal | undefined> | undefined;
  /** Whose session this is, by its name; one part has them. undefined: it is over. */
  session?(name: string): Promise<Principal | undefined>;
  /** Where clients are told something; one part has it, once it is open. */
  hub?(): Hub;
  /** A request names the client that is told of it, before anything is sent. Throws the problem with which that is refused. */
  named?(client: string, holder: Principal): Promise<void>;
  /**
   * A request has its first answer, and the store has taken it; `text` is the result as it came, undefined where the router refused
   * the work. Of all replicas one is told.
   */
  answered?(record: RequestRecord, text: string | undefined): void | Promise<void>;
  /** A stage on the way of a goal of ours has its result. Of all replicas one is told. */
  staged?(id: string, stage: TaskResult): void | Promise<void>;

  // The end, in this order; each step of all parts before the next one of any, and each within its share of the grace.

  /** Takes nothing more, and lets go who waits here for something to come. Whoever is served already is served on. */
  stopTaking?(): void | Promise<void>;
  /** Waits, so long at most, for those who have something of ours and bring it back over HTTP. */
  settle?(ms: number): Promise<void>;
  /** Nobody asks any more, and the last answers are told: puts away what is left, within so long. */
  putAway?(ms: number): Promise<void>;
}
