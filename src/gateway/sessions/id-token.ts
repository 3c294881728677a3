import type { LoginConfig } from '../../config/views/gateway-config/login.ts';
import type { JsonObject } from '../../contract/json.ts';
import type { PrincipalUser } from '../../http/route.ts';
import type { KeySet } from '../key-set.ts';
import { readSignedToken } from '../signed-token.ts';

/** Why nobody is logged in. `malformed` up to `signature`: nobody knows who signed it. */
export const LOGIN_REFUSALS = [
  'malformed',
  'algorithm',
  'unknown_key',
  'signature',
  'issuer',
  'audience',
  'expired',
  'not_yet_valid',
  'nonce',
  'subject',
] as const;
export type LoginRefusal = (typeof LOGIN_REFUSALS)[number];

export type Verdict =
  | { readonly ok: true; readonly user: PrincipalUser }
  | { readonly ok: false; readonly reason: LoginRefusal };

export interface Expected {
  readonly login: LoginConfig;
  readonly keys: KeySet;
  /** The nonce that whoever logs in began with; undefined: he says none. */
  readonly nonce: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const LONGEST_SUBJECT = 255;

/** Verifies an ID token of OpenID Connect. Throws only `keys_unavailable`. */
export async function verifyIdToken(token: string, { login, keys, nonce, now }: Expected): Promise<Verdict> {
  const read = await readSignedToken(token, keys, ['RS256', 'ES256', 'EdDSA']);
  if (!read.ok) return read;
  const { claims } = read;
  const reason = refusalOf(claims, login, now / 1000) ?? nonceRefusal(claims, login, nonce);
  return reason === undefined ? { ok: true, user: userOf(claims, login.rolesClaim) } : { ok: false, reason };
}

function refusalOf(
  claims: JsonObject,
  { issuer, audiences, leewayS }: LoginConfig,
  nowS: number,
): LoginRefusal | undefined {
  const { iss, aud, azp, exp, iat, nbf, sub } = claims;
  if (iss !== issuer) return 'issuer';
  const named = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud : [];
  if (!named.some((each) => typeof each === 'string' && audiences.includes(each))) return 'audience';
  // Made for several, it says who may use it; where it says so, it must be one of ours.
  if (azp === undefined ? named.length > 1 : !(typeof azp === 'string' && audiences.includes(azp))) return 'audience';
  if (!isTime(exp) || exp + leewayS <= nowS) return 'expired';
  if (!isTime(iat) || iat - leewayS > nowS) return 'not_yet_valid';
  if (nbf !== undefined && !(isTime(nbf) && nbf - leewayS <= nowS)) return 'not_yet_valid';
  return typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT ? undefined : 'subject';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A nonce ties the token to the browser that asked for it: who says one must be right. */
function nonceRefusal(
  { nonce: claimed }: JsonObject,
  { requireNonce }: LoginConfig,
  said: string | undefined,
): LoginRefusal | undefined {
  if (said === undefined) return requireNonce ? 'nonce' : undefined;
  return claimed === said ? undefined : 'nonce';
}

function userOf(claims: JsonObject, rolesClaim: string): PrincipalUser {
  const { sub, email, name, nickname } = claims;
  const roles = claims[rolesClaim];
  return {
    user_id: String(sub),
    email: typeof email === 'string' ? email : null,
    display_name: typeof name === 'string' ? name : typeof nickname === 'string' ? nickname : null,
    roles: Array.isArray(roles) ? roles.filter((each): each is string => typeof each === 'string') : [],
  };
}
