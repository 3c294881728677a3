import type { JsonObject } from '../../../contract/json.ts';
import { bearerOf } from '../../../http/bearer.ts';
import { readSignedToken } from '../../signed-token.ts';
import type { Scheme, SchemeSettings, Verdict } from '../scheme.ts';

/** How far the clocks of the issuer and ours may be apart, in seconds. */
const LEEWAY_S = 60;

/** Google's push (Pub/Sub and others): a token of OpenID Connect, signed with RS256 by a key of the issuer. The body is not signed. */
export const googleOidc: Scheme = {
  proofHeaders: ['authorization'],
  open:
    ({ oidc }) =>
    async ({ headers }, now) => {
      const token = bearerOf(headers.authorization);
      if (token === undefined || oidc === undefined) return 'missing_signature';
      // Only what the issuer uses.
      const read = await readSignedToken(token, oidc.keys, ['RS256']);
      if (read.ok) return judge(read.claims, oidc, now / 1000);
      return read.reason === 'unknown_key' ? 'unknown_key' : 'bad_signature';
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
