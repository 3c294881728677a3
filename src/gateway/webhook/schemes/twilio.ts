import { createHash } from 'node:crypto';
import { anyFits, headerOf, hmacOf, isSame, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

const HEADER = 'x-twilio-signature';

/**
 * Twilio: the HMAC (SHA-1) of the address that was called and of the form's fields in order, in base64. What is no form is signed
 * by its digest in the query. Without `public_url` the address is what the request says, which proxies change.
 */
export const twilio: Scheme = {
  proofHeaders: [HEADER],
  open:
    ({ secrets }) =>
    ({ raw, headers, url }) => {
      const shown = headerOf(headers, HEADER);
      if (shown === undefined) return 'missing_signature';
      const digest = new URL(url).searchParams.get('bodySHA256');
      if (digest !== null && !isSame(createHash('sha256').update(raw).digest('hex'), digest.toLowerCase())) {
        return 'bad_signature';
      }
      // A body that is covered by nothing could be anything.
      const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
      if (digest === null && !isForm && raw.length > 0) return 'bad_signature';
      const signed = digest === null ? fieldsOf(raw) : '';
      const fits = (key: string): boolean =>
        anyFits(addressesOf(url), (each) => isSame(hmacOf('sha1', key, each, signed).toString('base64'), shown));
      return verdictOf(anyFits(secrets, fits));
    },
};

/** Names in order, each followed by its value; of a name that stands twice, the different values in order. */
function fieldsOf(raw: Uint8Array): string {
  const form = new URLSearchParams(Buffer.from(raw).toString());
  return [...new Set(form.keys())]
    .sort()
    .flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value))
    .join('');
}

/** It signs some addresses with their port and some without, whichever of the two was called. */
function addressesOf(url: string): readonly string[] {
  const { protocol, port, hostname } = new URL(url);
  const rest = url.slice(url.indexOf('/', protocol.length + 2));
  const usual = protocol === 'https:' ? '443' : '80';
  return [`${protocol}//${hostname}${rest}`, `${protocol}//${hostname}:${port || usual}${rest}`];
}
