import type { ModelTier, Priority } from '../../../contract/messages.ts';
import type { ListenAddress } from '../../listen.ts';
import type { Mapped, Pointer } from './mapping.ts';
import type { SchemeName } from './schemes.ts';
import type { SecretRef, TextRef } from './secret.ts';

/** What a gateway is told, with every default filled in. */
export interface GatewayConfig {
  /** Gateways of one name are replicas: they share requests, delivery ids and results. */
  readonly name: string;
  readonly listen: ListenAddress;
  /** What senders and clients call us; undefined: as the request says. Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Who asks stands in X-Forwarded-For, because only a proxy reaches us. */
  readonly trustProxy: boolean;
  readonly tokens: readonly TokenConfig[];
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
  readonly webhooks: readonly WebhookConfig[];
}

export const SCOPES = ['submit', 'metrics', 'admin'] as const;
/** What a token allows: to send and to read what it sent; to read the metrics; to read what others sent. */
export type Scope = (typeof SCOPES)[number];

export interface TokenConfig {
  readonly id: string;
  readonly secret: SecretRef;
  readonly scopes: readonly Scope[];
}

export interface GatewayLimits {
  readonly bodyBytes: number;
  readonly connections: number;
  readonly inflight: number;
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

export interface WebhookConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly verify: VerifyConfig;
  readonly target: WebhookTarget;
  readonly priority: Priority | undefined;
  readonly dedupe: { readonly key: DeliveryKey; readonly ttlS: number } | undefined;
  /** The word that Meta's `hub.challenge` must show. */
  readonly verifyToken: SecretRef | undefined;
  /** CloudEvents are understood; `origins` may ask to send them. */
  readonly cloudevents: { readonly origins: readonly string[] } | undefined;
}

export type WebhookTarget =
  | { readonly to: 'goal'; readonly instruction: Mapped; readonly context: Mapped }
  | {
      readonly to: 'task';
      readonly workerType: string;
      readonly tier: ModelTier | undefined;
      readonly payload: Mapped;
      readonly metadata: Mapped | undefined;
    };

export interface VerifyConfig {
  readonly scheme: SchemeName;
  /** The first is the newest; all are good. */
  readonly secrets: readonly SecretRef[];
  readonly publicKeys: readonly TextRef[];
  /** How far a signed time may be from ours, to either side; undefined: no time is signed. */
  readonly toleranceS: number | undefined;
  readonly hmac: HmacForm | undefined;
  readonly oidc: OidcForm | undefined;
}

/** A signature of somebody's own kind. */
export interface HmacForm {
  readonly header: string;
  readonly prefix: string;
  readonly encoding: 'hex' | 'base64';
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  /** What is signed: `{body}` and `{timestamp}` stand for themselves. */
  readonly template: string;
  readonly timestampHeader: string | undefined;
}

export interface OidcForm {
  readonly issuers: readonly string[];
  readonly audience: string;
  readonly email: string | undefined;
  /** The keys of the issuer: a file, or an address. */
  readonly jwks: { readonly file: string } | { readonly url: string };
}

/** Where the id of a delivery stands. */
export type DeliveryKey =
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'body'; readonly pointer: Pointer };

/** What a webhook's mapping can refer to. */
export const WEBHOOK_ROOTS = ['event', 'delivery', 'headers', 'query', 'body', 'cloudevent'] as const;
