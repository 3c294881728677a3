import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { SchemeName } from '../../src/config/views/gateway-config/schemes.ts';

// Deliveries signed as each provider documents it, with node:crypto alone and nothing of ours.

export interface Signed {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What follows the address of the webhook. */
  readonly query?: string;
}

export interface Signing {
  /** `verify:` of a webhook, and what its variables hold. */
  readonly verify: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Signs a body of this delivery id at a time; `url` is what the sender calls. */
  sign(id: string, nowS: number, url: string): Signed;
  /** The header that carries the proof; undefined: it stands in the body. */
  readonly proof: string | undefined;
  readonly timed: boolean;
  /** What of the body is signed: all of it, or nothing. */
  readonly body: 'signed' | 'unsigned';
  /** The scheme has an id of the delivery. */
  readonly ids: boolean;
}

const SECRET = 'a-shared-secret-of-some-length';
const json = (id: string): string => JSON.stringify({ id, event_id: id, order: { total: 12.5, items: ['a', 'b'] } });
const hmac = (algorithm: string, key: string | Buffer, text: string): Buffer =>
  createHmac(algorithm, key).update(text).digest();
const JSON_TYPE = { 'content-type': 'application/json' };

const ed25519 = generateKeyPairSync('ed25519');
const raw32 = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function idToken(
  claims: Record<string, unknown>,
  head: Record<string, unknown> = {},
  key = rsa.privateKey,
): string {
  const signed = `${part({ alg: 'RS256', kid: 'k1', ...head })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

export const GOOGLE_CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: 'https://gw.example.com',
  email: 'push@project.iam.gserviceaccount.com',
  email_verified: true,
};

const WHSEC = Buffer.from('0123456789abcdef0123456789abcdef');

function standard(prefix: string, version: 'v1' | 'v1a'): Signing {
  const isOpen = version === 'v1a';
  return {
    verify: `{scheme: ${prefix === 'svix' ? 'svix' : 'standard-webhooks'}, ${isOpen ? 'public_keys' : 'secrets'}: [{env: KEY}], tolerance_s: 300}`,
    env: { KEY: isOpen ? `whpk_${raw32(ed25519.publicKey).toString('base64')}` : `whsec_${WHSEC.toString('base64')}` },
    sign: (id, nowS) => {
      const body = json(id);
      const text = `${id}.${nowS}.${body}`;
      const made = isOpen ? sign(null, Buffer.from(text), ed25519.privateKey) : hmac('sha256', WHSEC, text);
      return {
        body,
        headers: {
          ...JSON_TYPE,
          [`${prefix}-id`]: id,
          [`${prefix}-timestamp`]: String(nowS),
          [`${prefix}-signature`]: `v1,AAAA ${version},${made.toString('base64')}`,
        },
      };
    },
    proof: `${prefix}-signature`,
    timed: true,
    body: 'signed',
    ids: true,
  };
}

function simple(
  scheme: SchemeName,
  header: string,
  proof: (body: string, nowS: number) => string,
  more: (id: string, nowS: number) => Record<string, string> = () => ({}),
  facts: Partial<Signing> = {},
): Signing {
  return {
    verify: `{scheme: ${scheme}, secrets: [{env: SECRET}]}`,
    env: { SECRET },
    sign: (id, nowS) => {
      const body = json(id);
      return { body, headers: { ...JSON_TYPE, [header]: proof(body, nowS), ...more(id, nowS) } };
    },
    proof: header,
    timed: false,
    body: 'signed',
    ids: true,
    ...facts,
  };
}

export const SIGNINGS: Readonly<Record<string, Signing>> = {
  'standard-webhooks': standard('webhook', 'v1'),
  'standard-webhooks v1a': standard('webhook', 'v1a'),
  svix: standard('svix', 'v1'),
  github: simple(
    'github',
    'x-hub-signature-256',
    (body) => `sha256=${hmac('sha256', SECRET, body).toString('hex')}`,
    (id) => ({ 'x-github-delivery': id }),
  ),
  meta: simple(
    'meta',
    'x-hub-signature-256',
    (body) => `sha256=${hmac('sha256', SECRET, body).toString('hex')}`,
    undefined,
    {
      ids: false,
    },
  ),
  stripe: simple(
    'stripe',
    'stripe-signature',
    (body, nowS) => `t=${nowS},v0=abc,v1=${hmac('sha256', SECRET, `${nowS}.${body}`).toString('hex')}`,
    undefined,
    { timed: true },
  ),
  slack: simple(
    'slack',
    'x-slack-signature',
    (body, nowS) => `v0=${hmac('sha256', SECRET, `v0:${nowS}:${body}`).toString('hex')}`,
    (_id, nowS) => ({ 'x-slack-request-timestamp': String(nowS) }),
    { timed: true },
  ),
  shopify: simple(
    'shopify',
    'x-shopify-hmac-sha256',
    (body) => hmac('sha256', SECRET, body).toString('base64'),
    (id) => ({ 'x-shopify-webhook-id': id }),
  ),
  gitlab: simple(
    'gitlab',
    'x-gitlab-token',
    () => SECRET,
    (id) => ({ 'x-gitlab-event-uuid': id }),
    { body: 'unsigned' },
  ),
  twilio: {
    verify: '{scheme: twilio, secrets: [{env: SECRET}]}',
    env: { SECRET },
    sign: (id, _nowS, url) => {
      const fields = { To: '+1800', From: '+1415', Body: 'two words & more', Id: id };
      const text =
        url +
        Object.entries(fields)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .flat()
          .join('');
      return {
        body: new URLSearchParams(fields).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'i-twilio-idempotency-token': id,
          'x-twilio-signature': hmac('sha1', SECRET, text).toString('base64'),
        },
      };
    },
    proof: 'x-twilio-signature',
    timed: false,
    body: 'signed',
    ids: true,
  },
  'twilio with JSON': {
    verify: '{scheme: twilio, secrets: [{env: SECRET}]}',
    env: { SECRET },
    sign: (id, _nowS, url) => {
      const body = json(id);
      const query = `?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
      return {
        body,
        query,
        headers: {
          ...JSON_TYPE,
          'i-twilio-idempotency-token': id,
          'x-twilio-signature': hmac('sha1', SECRET, url + query).toString('base64'),
        },
      };
    },
    proof: 'x-twilio-signature',
    timed: false,
    body: 'signed',
    ids: true,
  },
  discord: {
    verify: `{scheme: discord, public_keys: ["${raw32(ed25519.publicKey).toString('hex')}"]}`,
    env: {},
    sign: (id, nowS) => {
      const body = json(id);
      const signature = sign(null, Buffer.from(`${nowS}${body}`), ed25519.privateKey).toString('hex');
      return {
        body,
        headers: { ...JSON_TYPE, 'x-signature-ed25519': signature, 'x-signature-timestamp': String(nowS) },
      };
    },
    proof: 'x-signature-ed25519',
    timed: true,
    body: 'signed',
    ids: true,
  },
  mailgun: {
    verify: '{scheme: mailgun, secrets: [{env: SECRET}]}',
    env: { SECRET },
    sign: (id, nowS) => {
      const signature = hmac('sha256', SECRET, `${nowS}${id}`).toString('hex');
      const body = JSON.stringify({
        signature: { timestamp: String(nowS), token: id, signature },
        'event-data': { event: 'opened' },
      });
      return { body, headers: JSON_TYPE };
    },
    proof: undefined,
    timed: true,
    body: 'unsigned',
    ids: true,
  },
  'google-oidc': {
    verify: `{scheme: google-oidc, audience: "${GOOGLE_CLAIMS.aud}", email: ${GOOGLE_CLAIMS.email}, jwks: "file:keys.json"}`,
    env: {},
    files: { 'keys.json': JSON.stringify({ keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1' }] }) },
    sign: (id, nowS) => ({
      body: JSON.stringify({ message: { messageId: id, data: 'eyJhIjoxfQ==' }, subscription: 's' }),
      headers: {
        ...JSON_TYPE,
        authorization: `Bearer ${idToken({ ...GOOGLE_CLAIMS, iat: nowS, exp: nowS + 300 })}`,
      },
    }),
    proof: 'authorization',
    timed: true,
    body: 'unsigned',
    ids: true,
  },
  hmac: {
    verify:
      '{scheme: hmac, secrets: [{env: SECRET}], header: X-Own, prefix: "sig=", encoding: base64, algorithm: sha512, template: "{timestamp}:{body}!", timestamp_header: X-Time, tolerance_s: 300}',
    env: { SECRET },
    sign: (id, nowS) => {
      const body = json(id);
      const made = hmac('sha512', SECRET, `${nowS}:${body}!`).toString('base64');
      return { body, headers: { ...JSON_TYPE, 'x-own': `sig=${made}`, 'x-time': String(nowS) } };
    },
    proof: 'x-own',
    timed: true,
    body: 'signed',
    ids: false,
  },
  bearer: simple('bearer', 'authorization', () => `Bearer ${SECRET}`, undefined, { ids: false, body: 'unsigned' }),
};
