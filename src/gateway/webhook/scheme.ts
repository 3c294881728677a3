import type { IncomingHttpHeaders } from 'node:http';
import type { HmacForm, OidcForm } from '../../config/views/gateway-config/webhook-config.ts';
import type { KeySet } from '../key-set.ts';

/** A delivery as it came, before anything of it is believed. */
export interface Delivery {
  readonly raw: Uint8Array;
  readonly headers: IncomingHttpHeaders;
  /** What its sender called, query included. */
  readonly url: string;
}

/** Why a delivery is not taken. */
export type Refusal = 'missing_signature' | 'bad_signature' | 'stale_timestamp' | 'unknown_key';
export type Verdict = 'genuine' | Refusal;

/** Judges one delivery. The time is in milliseconds since 1970. Throws only `keys_unavailable`. */
export type Verify = (delivery: Delivery, now: number) => Verdict | Promise<Verdict>;

/** With what a webhook verifies: the secrets themselves. */
export interface SchemeSettings {
  /** Names the webhook in messages. */
  readonly called: string;
  readonly secrets: readonly string[];
  readonly publicKeys: readonly string[];
  readonly toleranceS: number;
  readonly hmac: HmacForm | undefined;
  readonly oidc: (Omit<OidcForm, 'jwks'> & { readonly keys: KeySet }) | undefined;
}

/** One way in which senders prove that a delivery is theirs. */
export interface Scheme {
  /** Headers that carry the proof, in lower case: they are no part of what a mapping sees. */
  readonly proofHeaders: readonly string[];
  /** Makes the keys ready once. Throws `settings_invalid` for keys that are none. */
  open(settings: SchemeSettings): Verify;
  /** The answer, as JSON, to a verified delivery that only asks whether we are there; undefined for any other. */
  challenge?(body: unknown): unknown;
}
