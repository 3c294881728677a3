import { isJsonObject } from '../../../contract/json.ts';
import { anyFits, ed25519Fits, ed25519Key, headerOf, timely, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-signature-ed25519';
const PING = 1;

/** Discord: a signature of Ed25519 over time and body, under the application's public key in hex. Its pings want a pong. */
export const discord: Scheme = {
  proofHeaders: [HEADER],
  open: ({ called, publicKeys, toleranceS }) => {
    const keys = publicKeys.map((text) => ed25519Key(Buffer.from(text, 'hex'), called));
    return ({ raw, headers }, now) => {
      const shown = headerOf(headers, HEADER);
      const at = headerOf(headers, 'x-signature-timestamp');
      if (shown === undefined || at === undefined) return 'missing_signature';
      const signed = Buffer.concat([Buffer.from(at), raw]);
      const signature = /^[0-9a-f]{128}$/i.test(shown) ? Buffer.from(shown, 'hex') : Buffer.alloc(0);
      return anyFits(keys, (key) => ed25519Fits(key, signed, signature))
        ? timely(at, toleranceS, now)
        : verdictOf(false);
    };
  },
  challenge: (body) => (isJsonObject(body) && body.type === PING ? { type: PING } : undefined),
};
