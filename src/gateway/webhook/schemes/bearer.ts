import { bearerOf } from '../../../http/bearer.ts';
import { anyFits, isSameSecret, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

/** A secret as a bearer token. Nothing is signed, so only TLS keeps it. */
export const bearer: Scheme = {
  proofHeaders: ['authorization'],
  open:
    ({ secrets }) =>
    ({ headers }) => {
      const shown = bearerOf(headers.authorization);
      return shown === undefined ? 'missing_signature' : verdictOf(anyFits(secrets, (key) => isSameSecret(key, shown)));
    },
};
