import { anyFits, headerOf, hmacOf, isSame, signatureOf, timely, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

/** A sender of one's own: which header, how it is written, and what is signed stand in the config. */
export const hmac: Scheme = {
  // Which header it is, the config says.
  proofHeaders: [],
  open: ({ secrets, hmac: form, toleranceS }) => {
    // Where the time stands in what is signed; the body is bytes, and no text.
    const parts = form?.template.split(/(\{body\}|\{timestamp\})/) ?? [];
    return ({ raw, headers }, now) => {
      const shown = form === undefined ? undefined : headerOf(headers, form.header);
      const at = form?.timestampHeader === undefined ? '' : headerOf(headers, form.timestampHeader);
      if (form === undefined || shown === undefined || at === undefined) return 'missing_signature';
      if (!shown.startsWith(form.prefix)) return 'bad_signature';
      const text = shown.slice(form.prefix.length);
      const bytes = form.encoding === 'base64' ? signatureOf(text) : hexOf(text);
      const signed = parts.map((part) => (part === '{body}' ? raw : part === '{timestamp}' ? at : part));
      const fits =
        bytes !== undefined && anyFits(secrets, (key) => isSame(hmacOf(form.algorithm, key, ...signed), bytes));
      if (!fits || form.timestampHeader === undefined) return verdictOf(fits);
      return timely(at, toleranceS, now);
    };
  },
};

function hexOf(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}
