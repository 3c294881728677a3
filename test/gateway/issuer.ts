import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An issuer of OpenID Connect of the test's own. */
export type Alg = 'RS256' | 'ES256' | 'EdDSA';

export interface SigningKey {
  readonly kid: string;
  readonly alg: Alg;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

export const ISSUER = 'https://id.example.com/';
export const AUDIENCE = 'spa';

export function keyOf(kid: string, alg: Alg, bits = 2048): SigningKey {
  const { privateKey, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg } };
}

export function jwks(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function claims(nowMs: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(nowMs / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'auth0|7',
    email: 'ada@example.com',
    name: 'Ada',
    iat: now,
    exp: now + 600,
    ...more,
  };
}

export function token(key: SigningKey, body: Record<string, unknown>, header: Record<string, unknown> = {}): string {
  const signed = `${part({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header })}.${part(body)}`;
  const bytes =
    key.alg === 'ES256'
      ? sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
      : sign(key.alg === 'EdDSA' ? null : 'sha256', Buffer.from(signed), key.privateKey);
  return `${signed}.${bytes.toString('base64url')}`;
}

/** Not signed at all. */
export function unsigned(body: Record<string, unknown>): string {
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(body)}.`;
}

/** Signed with a public key, which everybody knows, as if it were a secret. */
export function confused(key: SigningKey, body: Record<string, unknown>, secret: string): string {
  const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${part(body)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
