import type { SchemeName } from '../../../config/views/gateway-config/schemes.ts';
import { anyFits, headerOf, hmacOf, isSame, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

/** GitHub: the hex HMAC of the body, and no time. */
export const github = hubScheme('github');

export function hubScheme(name: SchemeName): Scheme {
  const header = 'x-hub-signature-256';
  return {
    name,
    proofHeaders: [header, 'x-hub-signature'],
    open:
      ({ secrets }) =>
      ({ raw, headers }) => {
        const shown = headerOf(headers, header);
        if (shown === undefined) return 'missing_signature';
        return verdictOf(
          anyFits(secrets, (key) => isSame(`sha256=${hmacOf('sha256', key, raw).toString('hex')}`, shown)),
        );
      },
  };
}
