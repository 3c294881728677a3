import { isJsonObject } from '../../../contract/json.ts';
import { anyFits, headerOf, hmacOf, isSame, timely, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-slack-signature';

/** Slack: `v0=` and the hex HMAC of `v0:<time>:<body>`. Its first delivery asks for a word back. */
export const slack: Scheme = {
  proofHeaders: [HEADER],
  open:
    ({ secrets, toleranceS }) =>
    ({ raw, headers }, now) => {
      const shown = headerOf(headers, HEADER);
      const at = headerOf(headers, 'x-slack-request-timestamp');
      if (shown === undefined || at === undefined) return 'missing_signature';
      const fits = anyFits(secrets, (key) =>
        isSame(`v0=${hmacOf('sha256', key, `v0:${at}:`, raw).toString('hex')}`, shown),
      );
      return fits ? timely(at, toleranceS, now) : verdictOf(false);
    },
  challenge: (body) =>
    isJsonObject(body) && body.type === 'url_verification' && typeof body.challenge === 'string'
      ? { challenge: body.challenge }
      : undefined,
};
