import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { Principal } from '../http/route.ts';
import type { SomeAdvice } from '../remedy.ts';
import type { Clock } from '../time/clock.ts';
import type { GatewayBus } from './bus.ts';
import type { GatewayEvent } from './events.ts';
import type { Holders } from './holders.ts';
import type { Hub } from './hub/hub.ts';
import type { Limiter } from './limiter.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Intake } from './requests/intake.ts';
import type { WorkerInputs } from './requests/read-work.ts';
import type { RequestStore } from './requests/store.ts';
import type { Waits } from './requests/waits.ts';

/** What a gateway is made of, at its start and at each reload. */
export interface GatewayInput {
  readonly config: GatewayConfig;
  /** Of the worker configs that it was given. Default: none, and tasks are held to the wire format alone. */
  readonly inputs?: WorkerInputs | undefined;
  /** The same for what workers answer. */
  readonly outputs?: WorkerInputs | undefined;
}

/** What a reload replaces as a whole; a request keeps what it began with. */
export interface Live {
  readonly config: GatewayConfig;
  readonly holders: Holders;
  readonly inputs: WorkerInputs;
  readonly outputs: WorkerInputs;
}

/** What all routes stand on. */
export interface Core {
  readonly live: () => Live;
  readonly bus: GatewayBus;
  readonly store: RequestStore;
  readonly intake: Intake;
  readonly waits: Waits;
  readonly limiter: Limiter;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly log: (event: GatewayEvent) => void;
  /** What to do, in the words of whoever runs this. */
  readonly words: (advice: SomeAdvice) => string;
  /** Why no requests should come here now; undefined: they should. */
  readonly unready: () => string | undefined;
  /** What the parts tell the probes of themselves. */
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Whose session this is, by its name; undefined: it is over. */
  readonly session: (name: string) => Promise<Principal | undefined>;
  /** Where clients are told something; undefined where events are not served. */
  readonly hub: () => Hub | undefined;
  /** A request names the client that is told of it. Throws what a part has against it. */
  readonly named: (client: string, holder: Principal) => Promise<void>;
  readonly metricsText: () => string;
  readonly describe: () => { readonly openapi: unknown; readonly contract: unknown };
}

/** The core, for when a request comes: a table of routes can be made, and described, without one. */
export type AskCore = () => Core;

/** The scope of who may work on tasks of every type. */
export const ANY_WORK = 'work:*';

/** Who holds no token where none is asked for. */
export const ANONYMOUS: Principal = {
  name: 'anonymous',
  scopes: new (class extends Set<string> {
    override has(): boolean {
      return true;
    }
  })(),
};
