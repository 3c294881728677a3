import { createPublicKey, verify } from 'node:crypto';
import { readJson } from '../../../contract/decode-json.ts';
import { isJsonObject, type JsonObject } from '../../../contract/json.ts';
import { bearerOf } from '../../../http/bearer.ts';
import { signatureOf } from '../proof.ts';
import type { Scheme, SchemeSettings, Verdict } from '../scheme.ts';

/** How far the clocks of the issuer and ours may be apart, in seconds. */
const LEEWAY_S = 60;

/** Google's push (Pub/Sub and others): a token of OpenID Connect, signed with RS256 by a key of the issuer. The body is not signed. */
export const googleOidc: Scheme = {
  name: 'google-oidc',
  proofHeaders: ['authorization'],
  open:
    ({ oidc }) =>
    async ({ headers }, now) => {
      const token = bearerOf(headers.authorization);
      if (token === undefined || oidc === undefined) return 'missing_signature';
      const [head = '', body = '', signature = '', ...rest] = token.split('.');
      const { alg, kid } = partOf(head);
      // Only what the issuer uses: a token says itself how it is signed, and must not have the choice.
      if (alg !== 'RS256' || typeof kid !== 'string' || rest.length > 0) return 'bad_signature';
      const key = await oidc.keys.find(kid);
      if (key === undefined) return 'unknown_key';
      const bytes = signatureOf(signature, 'base64url');
      if (key.kty !== 'RSA' || bytes === undefined) return 'bad_signature';
      const fits = verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${body}`),
        createPublicKey({ key: { ...key }, format: 'jwk' }),
        bytes,
      );
      return fits ? judge(partOf(body), oidc, now / 1000) : 'bad_signature';
    },
};

function judge(claims: JsonObject, oidc: NonNullable<SchemeSettings['oidc']>, nowS: number): Verdict {
  const { iss, aud, exp, iat, nbf, email, email_verified: verified } = claims;
  if (!oidc.issuers.some((issuer) => issuer === iss)) return 'bad_signature';
  if (!(Array.isArray(aud) ? aud : [aud]).includes(oidc.audience)) return 'bad_signature';
  if (oidc.email !== undefined && !(email === oidc.email && verified === true)) return 'bad_signature';
  if (typeof exp !== 'number' || exp + LEEWAY_S < nowS) return 'stale_timestamp';
  const early = [iat, nbf].some((time) => time !== undefined && !(typeof time === 'number' && time - LEEWAY_S <= nowS));
  return early ? 'stale_timestamp' : 'genuine';
}

function partOf(text: string): JsonObject {
  const read = readJson(Buffer.from(text, 'base64url'));
  return read.ok && isJsonObject(read.value) ? read.value : {};
}
