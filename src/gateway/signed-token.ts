import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { readJson } from '../contract/decode-json.ts';
import { isJsonObject, type JsonObject } from '../contract/json.ts';
import type { KeySet } from './key-set.ts';

/** How a token may be signed: which key that takes, and how the signature is judged. */
interface Algorithm {
  fits(key: JsonWebKey): boolean;
  verify(signed: Buffer, key: KeyObject, signature: Buffer): boolean;
}

/** Shorter ones are broken. */
const SHORTEST_RSA = 2_048;

/**
 * Public keys alone, each with the one algorithm that is meant for its kind: a token says itself how it is signed, and must have no choice. What
 * has no signature, and what is signed with a secret that everybody knows (a public key taken for one), is in no row.
 */
const ALGORITHMS: Readonly<Record<TokenAlgorithm, Algorithm>> = {
  RS256: {
    fits: ({ kty }) => kty === 'RSA',
    verify: (signed, key, signature) =>
      (key.asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_RSA && verify('sha256', signed, key, signature),
  },
  ES256: {
    fits: ({ kty, crv }) => kty === 'EC' && crv === 'P-256',
    verify: (signed, key, signature) =>
      signature.length === 64 && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  },
  EdDSA: {
    fits: ({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519',
    verify: (signed, key, signature) => signature.length === 64 && verify(null, signed, key, signature),
  },
};

export type TokenAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

/** What a token claims, once it is known who signed it; or why it is believed nothing. */
export type SignedToken =
  | { readonly ok: true; readonly claims: JsonObject }
  | { readonly ok: false; readonly reason: 'malformed' | 'algorithm' | 'unknown_key' | 'signature' };

/** Verifies a token (JWT, in its compact form). Throws only `keys_unavailable`. */
export async function readSignedToken(
  token: string,
  keys: KeySet,
  algorithms: readonly TokenAlgorithm[],
): Promise<SignedToken> {
  const [head = '', body = '', written = '', ...rest] = token.split('.');
  const header = partOf(head);
  if (header === undefined || rest.length > 0) return { ok: false, reason: 'malformed' };
  const { alg, kid, crit } = header;
  const named = algorithms.find((each) => each === alg);
  // What must be understood, and is not.
  if (named === undefined || crit !== undefined) return { ok: false, reason: 'algorithm' };
  const signature = canonical(written);
  if (signature === undefined) return { ok: false, reason: 'malformed' };
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) return { ok: false, reason: 'malformed' };
  const key = await keys.find(kid);
  if (key === undefined) return { ok: false, reason: 'unknown_key' };
  const algorithm = ALGORITHMS[named];
  if (!algorithm.fits(key) || !isFor(key, named)) return { ok: false, reason: 'signature' };
  if (!judged(algorithm, key, `${head}.${body}`, signature)) return { ok: false, reason: 'signature' };
  const claims = partOf(body);
  return claims === undefined ? { ok: false, reason: 'malformed' } : { ok: true, claims };
}

function judged({ verify }: Algorithm, key: JsonWebKey, signed: string, signature: Buffer): boolean {
  try {
    return verify(Buffer.from(signed), createPublicKey({ key: { ...key }, format: 'jwk' }), signature);
  } catch {
    // A key that is none.
    return false;
  }
}

/** Whether the issuer means the key for this. */
function isFor({ use, alg, key_ops: operations }: JsonWebKey, algorithm: TokenAlgorithm): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (alg !== undefined && alg !== algorithm) return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function partOf(text: string): JsonObject | undefined {
  const bytes = canonical(text);
  if (bytes === undefined) return undefined;
  const read = readJson(bytes);
  return read.ok && read.strict && isJsonObject(read.value) ? read.value : undefined;
}

/** What can be written in one way only: the last letter has bits to spare, and one token would have several texts. */
function canonical(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}
