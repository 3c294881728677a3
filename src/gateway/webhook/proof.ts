import { createHmac, createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HeddleError } from '../../errors.ts';
import type { Verdict } from './scheme.ts';

// What the schemes have in common. Every comparison takes equally long, whatever is compared.

/** Two signatures. How long one is, its scheme says to everybody. */
export function isSame(expected: Uint8Array | string, shown: Uint8Array | string): boolean {
  const [one, other] = [bytesOf(expected), bytesOf(shown)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function bytesOf(given: Uint8Array | string): Uint8Array {
  return typeof given === 'string' ? Buffer.from(given) : given;
}

/** Two secrets. Digests are compared, so that not even the length of what is right shows. */
export function isSameSecret(one: Uint8Array | string, other: Uint8Array | string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}

export function hmacOf(
  algorithm: string,
  key: Uint8Array | string,
  ...parts: readonly (Uint8Array | string)[]
): Buffer {
  const hmac = createHmac(algorithm, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Whether one of the keys fits; all are tried, so that the time does not tell which. */
export function anyFits<T>(keys: readonly T[], fits: (key: T) => boolean): boolean {
  let found = false;
  for (const key of keys) if (fits(key)) found = true;
  return found;
}

/** A header that was sent once. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function verdictOf(fits: boolean): Verdict {
  return fits ? 'genuine' : 'bad_signature';
}

/** Of a delivery that is signed: whether its time, in seconds, is near enough, to either side. */
export function timely(timestamp: string, toleranceS: number, now: number): Verdict {
  if (!/^\d{1,12}$/.test(timestamp)) return 'stale_timestamp';
  return Math.abs(now / 1000 - Number(timestamp)) <= toleranceS ? 'genuine' : 'stale_timestamp';
}

/** Bytes of base64 in either alphabet, padded or not; undefined for what is none. */
export function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/**
 * The same of a signature, which can be written in one way only: the last letter has bits to spare, and were they not looked at, one
 * signature would have several texts.
 */
export function signatureOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** An Ed25519 key of 32 bytes. */
export function ed25519Key(bytes: Buffer | undefined, called: string): KeyObject {
  if (bytes?.length !== 32) {
    throw new HeddleError('settings_invalid', `${called}: a public key of Ed25519 has 32 bytes, and this has not`);
  }
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

export function ed25519Fits(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, signed, key, signature);
}
