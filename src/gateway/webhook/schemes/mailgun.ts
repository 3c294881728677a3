import { isJsonObject } from '../../../contract/json.ts';
import { anyFits, hmacOf, isSame, timely, verdictOf } from '../proof.ts';
import type { Scheme } from '../scheme.ts';

/**
 * Mailgun: time, token and their hex HMAC stand in the body. The rest of the body is not signed, so its sender is proven and
 * its text is not: TLS must keep that.
 */
export const mailgun: Scheme = {
  proofHeaders: [],
  open:
    ({ secrets, toleranceS }) =>
    ({ raw, headers }, now) => {
      const { timestamp, token, signature } = signatureIn(raw, headers['content-type'] ?? '');
      if (timestamp === undefined || token === undefined || signature === undefined) return 'missing_signature';
      const fits = anyFits(secrets, (key) =>
        isSame(hmacOf('sha256', key, timestamp + token).toString('hex'), signature),
      );
      return fits ? timely(timestamp, toleranceS, now) : verdictOf(false);
    },
};

type Signature = Readonly<Partial<Record<'timestamp' | 'token' | 'signature', string>>>;

function signatureIn(raw: Uint8Array, type: string): Signature {
  const text = Buffer.from(raw).toString();
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text)) as Signature;
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return {};
  }
  const found = isJsonObject(body) && isJsonObject(body.signature) ? body.signature : {};
  const { timestamp, token, signature } = found;
  if (typeof token !== 'string' || typeof signature !== 'string') return {};
  // A number in some of its examples.
  return { timestamp: String(timestamp), token, signature };
}
