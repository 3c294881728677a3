import type { KeyObject } from 'node:crypto';
import { HeddleError } from '../../../errors.ts';
import {
  anyFits,
  ed25519Fits,
  ed25519Key,
  fromBase64,
  headerOf,
  hmacOf,
  isSame,
  signatureOf,
  timely,
  verdictOf,
} from '../proof.ts';
import type { Scheme } from '../scheme.ts';

/** standardwebhooks.com: `v1` is an HMAC under a shared secret, `v1a` a signature of Ed25519; several stand in one header. */
export const standardWebhooks = standardScheme('webhook-');

/** Svix signs as Standard Webhooks does, which came of it, under header names of its own. */
export const svix = standardScheme('svix-');

function standardScheme(prefix: string): Scheme {
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((each) => prefix + each) as [
    string,
    string,
    string,
  ];
  return {
    proofHeaders: [signature],
    open: ({ called, secrets, publicKeys, toleranceS }) => {
      const shared = secrets.map((text) => sharedKey(text, called));
      const open = publicKeys.map((text) => ed25519Key(fromBase64(text.replace(/^whpk_/, '')), called));
      return ({ raw, headers }, now) => {
        const [shownId, at, written] = [id, timestamp, signature].map((each) => headerOf(headers, each));
        if (shownId === undefined || at === undefined || written === undefined) return 'missing_signature';
        const signed = Buffer.concat([Buffer.from(`${shownId}.${at}.`), raw]);
        const expected = shared.map((key) => hmacOf('sha256', key, signed));
        const shown = written.split(' ').map((each) => each.split(',', 2) as [string, string?]);
        const fits = anyFits(shown, ([version, text = '']) => {
          const bytes = signatureOf(text);
          if (bytes === undefined) return false;
          if (version === 'v1') return anyFits(expected, (each) => isSame(each, bytes));
          return version === 'v1a' && anyFits<KeyObject>(open, (key) => ed25519Fits(key, signed, bytes));
        });
        return fits ? timely(at, toleranceS, now) : verdictOf(false);
      };
    },
  };
}

/** `whsec_` and the key in base64. */
function sharedKey(text: string, called: string): Buffer {
  const key = fromBase64(text.replace(/^whsec_/, ''));
  if (key !== undefined && key.length >= 16) return key;
  throw new HeddleError('settings_invalid', `${called}: a secret of Standard Webhooks is whsec_ and a key in base64`);
}
