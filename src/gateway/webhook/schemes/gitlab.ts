import { anyFits, headerOf, isSameSecret, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-gitlab-token';

/** GitLab: the secret itself in a header. Nothing is signed, so only TLS keeps it. */
export const gitlab: Scheme = {
  proofHeaders: [HEADER],
  open:
    ({ secrets }) =>
    ({ headers }) => {
      const shown = headerOf(headers, HEADER);
      return shown === undefined ? 'missing_signature' : verdictOf(anyFits(secrets, (key) => isSameSecret(key, shown)));
    },
};
