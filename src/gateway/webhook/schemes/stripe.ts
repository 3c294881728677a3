import { anyFits, headerOf, hmacOf, isSame, timely, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'stripe-signature';

/** Stripe: `t=<time>,v1=<hex>`, of time and body; during a rotation there are two `v1`. The secret is used as it is written. */
export const stripe: Scheme = {
  proofHeaders: [HEADER],
  open:
    ({ secrets, toleranceS }) =>
    ({ raw, headers }, now) => {
      const parts = headerOf(headers, HEADER)
        ?.split(',')
        .map((part) => part.trim().split('=', 2) as [string, string?]);
      const at = parts?.find(([name]) => name === 't')?.[1];
      const shown = parts?.flatMap(([name, value]) => (name === 'v1' && value !== undefined ? [value] : [])) ?? [];
      if (at === undefined || shown.length === 0) return 'missing_signature';
      const expected = secrets.map((key) => hmacOf('sha256', key, `${at}.`, raw).toString('hex'));
      const fits = anyFits(expected, (each) => anyFits(shown, (other) => isSame(each, other)));
      return fits ? timely(at, toleranceS, now) : verdictOf(false);
    },
};
