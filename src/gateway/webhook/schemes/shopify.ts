import { anyFits, headerOf, hmacOf, isSame, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-shopify-hmac-sha256';

/** Shopify: the HMAC of the body in base64, and no time. */
export const shopify: Scheme = {
  proofHeaders: [HEADER],
  open:
    ({ secrets }) =>
    ({ raw, headers }) => {
      const shown = headerOf(headers, HEADER);
      if (shown === undefined) return 'missing_signature';
      return verdictOf(anyFits(secrets, (key) => isSame(hmacOf('sha256', key, raw).toString('base64'), shown)));
    },
};
