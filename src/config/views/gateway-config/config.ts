import type { ListenAddress } from '../../listen.ts';
import type { LoginConfig } from './login.ts';
import type { PartConfigs } from './parts/list.ts';
import type { Scope } from './scope.ts';
import type { SecretRef } from './secret.ts';

/** What a gateway is told, with every default filled in: what all of it stands on, and what its parts read. */
export interface GatewayConfig extends PartConfigs {
  /** Gateways of one name are replicas: they share requests, delivery ids and results. */
  readonly name: string;
  readonly listen: ListenAddress;
  /** What senders and clients call us; undefined: as the request says. Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Who asks stands in X-Forwarded-For, because only a proxy reaches us. */
  readonly trustProxy: boolean;
  readonly tokens: readonly TokenConfig[];
  /** Who may log in; undefined: nobody. */
  readonly login: LoginConfig | undefined;
  /** A session or token may stand in an address, where logs of others keep it. */
  readonly allowQueryToken: boolean;
  /** Metrics are for everybody, not only for tokens with their scope. */
  readonly openMetrics: boolean;
  /** Metrics tell what failed lately, by reason and worker, where streams keep it. */
  readonly deadLetters: boolean;
  readonly cors: { readonly origins: readonly string[]; readonly maxAgeS: number } | undefined;
  readonly limits: GatewayLimits;
  readonly store: StoreConfig;
  /** Tasks, goals and their requests are served. */
  readonly requests: boolean;
  /** Where worker configs are, whose input schemas tasks are held to. */
  readonly configsDir: string | undefined;
}

export interface TokenConfig {
  readonly id: string;
  readonly secret: SecretRef;
  readonly scopes: readonly Scope[];
}

export interface GatewayLimits {
  readonly bodyBytes: number;
  readonly connections: number;
  readonly inflight: number;
  /** Streams of events that are open. */
  readonly sseClients: number;
  /** Requests a second of one token, and of one webhook; undefined: no limit. */
  readonly perToken: number | undefined;
  /** The longest that `Prefer: wait` waits, in seconds. */
  readonly waitS: number;
}

export interface StoreConfig {
  /** `required`: in JetStream, or not at all. */
  readonly kind: 'auto' | 'required' | 'memory';
  /** How long a request and its result are kept. */
  readonly ttlS: number;
  readonly replicas: number;
  /** A larger result is left out, and said to be. */
  readonly resultBytes: number;
}
