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
      hint: 'Use tls:// in the server address, and --tls-ca when its certificate is signed by a CA of your own.',
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
  // A server that sends a challenge knows nkeys or JWTs; most of those know nothing else.
  const challenged = typeof info?.nonce === 'string';
  if (credentials.described === undefined) {
    return {
      code: 'auth_missing',
      message: `${label} requires authentication, and we gave none`,
      hint: challenged
        ? 'It takes nkeys or JWTs: name your file with --creds (NATS_CREDS) or --nkey (NATS_NKEY), or a NATS context with --nats-context.'
        : 'Give --user with --password-file (NATS_USER, NATS_PASSWORD), --token-file (NATS_TOKEN), or a NATS context with --nats-context.',
    };
  }
  if (credentials.expiresAt !== undefined && credentials.expiresAt <= now) {
    return expired(label, 'our credentials have', refused);
  }
  return {
    code: 'auth_wrong',
    message: `${label} refused ${credentials.described}`,
    hint: challenged
      ? 'The server does not know this key, or it was revoked, or belongs to another server. Ask for new credentials, and check which are used with heddle-ts preflight -v.'
      : 'Check name and password, and which are used with heddle-ts preflight -v.',
  };
}

function expired(label: string, whose: string, { credentials }: Refused): Failure {
  const when = credentials.expiresAt === undefined ? '' : ` on ${new Date(credentials.expiresAt).toISOString()}`;
  return {
    code: 'auth_expired',
    message: `${label} refused us: ${whose} expired${when}`,
    hint: 'Ask for new credentials (nsc generate creds), and name them with --creds (NATS_CREDS).',
  };
}

/** A server's words as data: one printable line of bounded length. */
export function quoteComplaint(complaint: string): string {
  return JSON.stringify(complaint.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
}
