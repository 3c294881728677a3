import type { Priority } from '../../../contract/messages.ts';
import type { KeyPlace } from './key-place.ts';
import type { Pointer } from './mapping.ts';
import type { SchemeName } from './schemes.ts';
import type { SecretRef, TextRef } from './secret.ts';
import type { WorkTarget } from './work-target.ts';

/** One sender whose deliveries become work. */
export interface WebhookConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly verify: VerifyConfig;
  readonly target: WorkTarget;
  readonly priority: Priority | undefined;
  readonly dedupe: { readonly key: DeliveryKey; readonly ttlS: number } | undefined;
  /** The word that Meta's `hub.challenge` must show. */
  readonly verifyToken: SecretRef | undefined;
  /** CloudEvents are understood; `origins` may ask to send them. */
  readonly cloudevents: { readonly origins: readonly string[] } | undefined;
}

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
  readonly jwks: KeyPlace;
}

/** Where the id of a delivery stands. */
export type DeliveryKey =
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'body'; readonly pointer: Pointer };

/** What a webhook's mapping can refer to. */
export const WEBHOOK_ROOTS = ['event', 'delivery', 'headers', 'query', 'body', 'cloudevent'] as const;
