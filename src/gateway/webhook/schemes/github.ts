import { anyFits, headerOf, hmacOf, isSame, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-hub-signature-256';

/** GitHub: the hex HMAC of the body, and no time. */
export const github: Scheme = {
  proofHeaders: [HEADER, 'x-hub-signature'],
  open:
    ({ secrets }) =>
    ({ raw, headers }) => {
      const shown = headerOf(headers, HEADER);
      if (shown === undefined) return 'missing_signature';
      return verdictOf(
        anyFits(secrets, (key) => isSame(`sha256=${hmacOf('sha256', key, raw).toString('hex')}`, shown)),
      );
    },
};

/** Meta (WhatsApp, Messenger, Instagram): signed with the app's secret as GitHub signs; it asks for a `hub.challenge` first. */
export const meta = github;
