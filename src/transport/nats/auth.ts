import { HeddleError } from '../../errors.ts';
import type { Authentication } from '../options.ts';
import type { ServerAddress } from './address.ts';
import type { Auth } from './client.ts';
import type { Nkey } from './nkey.ts';

/** Who we say we are, ready to be said. */
export interface Credentials {
  /** What is to be checked when they are refused. */
  readonly kind: 'password' | 'token' | 'key' | 'none';
  /** In words, for messages: `user "ada"`, `a token`; undefined when we say nothing. */
  readonly described: string | undefined;
  /** Where they and the servers were given, in words of whoever knows it. */
  readonly origin?: string | undefined;
  /** Every text that must not be shown. */
  readonly secrets: readonly string[];
  /** When the user's JWT ends, in ms since 1970. */
  readonly expiresAt: number | undefined;
  /** The fields of CONNECT for a server that sent this challenge. */
  answer(nonce: string | undefined): Auth;
}

/** The last second that a date can hold. */
const LATEST_DATE = 8.64e12;

/** Order: user, creds, nkey or JWT with seed, JWT alone; a token in addition. Throws `settings_invalid`. */
export async function credentialsOf(auth: Authentication = {}): Promise<Credentials> {
  const main = await mainCredentials(auth);
  if (!auth.token) return main;
  const { token } = auth;
  return {
    ...main,
    kind: main.kind === 'none' ? 'token' : main.kind,
    described: main.described === undefined ? 'a token' : `${main.described} and a token`,
    secrets: [...main.secrets, token],
    answer: (nonce) => ({ ...main.answer(nonce), auth_token: token }),
  };
}

/** What stands in the URL of a server is for this server, and wins over what was given for all. */
export function credentialsFor(address: ServerAddress, general: Credentials): Credentials {
  const { origin } = general;
  if (address.token) return { ...tokenCredentials(address.token), origin };
  if (address.user !== undefined) return { ...userCredentials(address.user, address.password), origin };
  return general;
}

async function mainCredentials(auth: Authentication): Promise<Credentials> {
  if (auth.user) return userCredentials(auth.user, auth.password);
  if (auth.creds) {
    const { jwt, seed } = readCreds(auth.creds);
    return jwtCredentials('credentials from a .creds file', jwt, await readSeed(seed, 'the .creds text'), seed);
  }
  if (auth.nkeySeed) {
    const nkey = await readSeed(auth.nkeySeed, 'the nkey seed');
    if (auth.jwt) return jwtCredentials('a JWT with its seed', auth.jwt.trim(), nkey, auth.nkeySeed.trim());
    return {
      kind: 'key',
      described: `nkey ${nkey.publicKey}`,
      secrets: [auth.nkeySeed.trim()],
      expiresAt: undefined,
      answer: (nonce) => ({ nkey: nkey.publicKey, sig: nonce ? nkey.sign(nonce) : '' }),
    };
  }
  if (auth.jwt) return jwtCredentials('a JWT', auth.jwt.trim(), undefined, undefined);
  return { kind: 'none', described: undefined, secrets: [], expiresAt: undefined, answer: () => undefined };
}

function userCredentials(user: string, password: string | undefined): Credentials {
  return {
    kind: 'password',
    described: `user ${JSON.stringify(user)}`,
    secrets: password ? [password] : [],
    expiresAt: undefined,
    answer: () => ({ user, pass: password ?? '' }),
  };
}

function tokenCredentials(token: string): Credentials {
  return {
    kind: 'token',
    described: 'a token',
    secrets: [token],
    expiresAt: undefined,
    answer: () => ({ auth_token: token }),
  };
}

function jwtCredentials(described: string, jwt: string, nkey: Nkey | undefined, seed: string | undefined): Credentials {
  const expiry = readClaims(jwt).exp;
  return {
    kind: 'key',
    described,
    secrets: seed === undefined ? [jwt] : [jwt, seed],
    expiresAt: typeof expiry === 'number' && expiry > 0 && expiry < LATEST_DATE ? expiry * 1000 : undefined,
    // A bearer JWT needs no signature; the fields are still expected.
    answer: (nonce) => ({ jwt, nkey: nkey?.publicKey ?? '', sig: nkey && nonce ? nkey.sign(nonce) : '' }),
  };
}

/** The two armoured blocks of a .creds file, with either kind of line ends. */
function readCreds(text: string): { jwt: string; seed: string } {
  const block = (title: string): string | undefined =>
    new RegExp(`-{3,} *BEGIN ${title} *-{3,}\\s+(\\S+)\\s+-{3,} *END ${title} *-{3,}`).exec(text)?.[1];
  const jwt = block('NATS USER JWT');
  const seed = block('USER NKEY SEED');
  if (jwt === undefined || seed === undefined) {
    throw new HeddleError(
      'settings_invalid',
      `the .creds text has no ${jwt === undefined ? 'NATS USER JWT' : 'USER NKEY SEED'} block`,
      { hint: 'A .creds file holds both; `nsc generate creds` writes one.' },
    );
  }
  return { jwt, seed };
}

async function readSeed(seed: string, where: string): Promise<Nkey> {
  // Imported when needed: node:crypto costs more than the rest of a connect without it.
  const nkey = (await import('./nkey.ts')).nkeyFromSeed(seed);
  if (nkey === undefined) {
    throw new HeddleError('settings_invalid', `${where} holds no valid nkey seed`, {
      hint: 'A user seed begins with SU and has 58 letters and digits; a public key (U…) is not one.',
    });
  }
  return nkey;
}

function readClaims(jwt: string): { exp?: unknown } {
  try {
    const parts = jwt.split('.');
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (parts.length === 3 && typeof claims === 'object' && claims !== null) return claims;
  } catch {
    // The parser's message would show a part of the token.
  }
  throw new HeddleError('settings_invalid', 'the user JWT cannot be read', {
    hint: 'A JWT is three base64 parts joined by dots; `nsc generate creds` writes one with its seed.',
  });
}
