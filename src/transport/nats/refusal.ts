import type { Failure } from './attempt.ts';
import type { Credentials } from './auth.ts';
import type { Greeting } from './dial.ts';

/** What is known about the connection that a server complained on. */
export interface Refused {
  readonly address: { readonly label: string };
  readonly info: Greeting | undefined;
  readonly credentials: Credentials;
  readonly now: number;
}

/** What a server's `-ERR` means for a connection that wants to join, or is ended. */
export function serverFailure(complaint: string, refused: Refused): Failure | undefined {
  const { label } = refused.address;
  const words = complaint.toLowerCase();
  if (words.includes('authorization violation')) return authFailure(refused);
  if (words.includes('user authentication expired')) return expired(label, 'our credentials have', refused);
  if (words.includes('account authentication expired')) {
    return expired(label, 'the account that our credentials belong to has', refused);
  }
  if (words.includes('authentication timeout')) {
    return {
      code: 'connection_timeout',
      message: `${label} waited too long for our authentication`,
      hint: 'The path to the server or this machine is too slow. Try again.',
      retryable: true,
    };
  }
  if (words.includes('tls required')) {
    return {
      code: 'tls_required',
      message: `${label} requires TLS`,
      remedy: { do: 'use-tls' },
    };
  }
  return {
    code: 'connection_failed',
    message: `${label} refused the connection: ${quoteComplaint(complaint)}`,
    hint: 'Look at the log and the limits of the server.',
    retryable: words.includes('maximum'),
  };
}

function authFailure(refused: Refused): Failure {
  const { credentials, info, now } = refused;
  const { label } = refused.address;
  const { kind } = credentials;
  // A server that sends a challenge knows nkeys or JWTs; most of those know nothing else.
  const challenged = typeof info?.nonce === 'string';
  if (kind === 'none') {
    return {
      code: 'auth_missing',
      message: `${label} requires authentication, and we gave none${givenBy(credentials)}`,
      remedy: { do: 'give-credentials', kind: challenged ? 'key' : 'password' },
    };
  }
  if (credentials.expiresAt !== undefined && credentials.expiresAt <= now) {
    return expired(label, 'our credentials have', refused);
  }
  return {
    code: 'auth_wrong',
    message: `${label} refused ${credentials.described}${givenBy(credentials)}`,
    hint: kind === 'key' ? UNKNOWN_KEY : challenged ? TAKES_KEYS : undefined,
    remedy: { do: 'check-credentials', kind },
  };
}

const UNKNOWN_KEY = 'The server does not know this key, or it was revoked, or belongs to another server.';
const TAKES_KEYS = 'This server knows nkeys or JWTs, and may take nothing else.';

/** Credentials of one place at the server of another are the likeliest reason. */
function givenBy({ origin }: Credentials): string {
  return origin === undefined ? '' : ` (${origin})`;
}

function expired(label: string, whose: string, { credentials }: Refused): Failure {
  const when = credentials.expiresAt === undefined ? '' : ` on ${new Date(credentials.expiresAt).toISOString()}`;
  return {
    code: 'auth_expired',
    message: `${label} refused us: ${whose} expired${when}${givenBy(credentials)}`,
    remedy: { do: 'renew-credentials' },
  };
}

/** A server's words as data: one printable line of bounded length. */
export function quoteComplaint(complaint: string): string {
  return JSON.stringify(complaint.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
}
