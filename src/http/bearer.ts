import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HeddleError } from '../errors.ts';
import { type Problem, problem } from './problem.ts';
import type { Principal } from './route.ts';
import type { Tenure } from './tenure.ts';

/** A secret that its holder sends, and what it allows. */
export interface Token {
  /** For logs and metrics; never the secret. */
  readonly name: string;
  readonly secret: string;
  readonly scopes: readonly string[];
  /** Default: as long as it is served at all. */
  readonly tenure?: Tenure | undefined;
}

export interface Authentication {
  readonly tokens: readonly Token[];
  /** Asked when none of the tokens was shown: sessions, cookies, tickets. undefined: nobody. Who knows it at once says it at once. */
  readonly otherwise?: ((request: Credentials) => Principal | undefined | Promise<Principal | undefined>) | undefined;
}

/** What of a request can say who sent it. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** What stands behind `Bearer` in its header. */
  readonly bearer: string | undefined;
}

/** Shorter ones can be guessed. In bytes. */
const SHORTEST_SECRET = 16;

/**
 * Finds the holder of a secret. Digests are compared, all of one length, and always with every token, so that the time tells
 * neither how much of a secret is right nor which token it was.
 */
export function tokenHolders(
  tokens: readonly Token[],
  same: (one: Uint8Array, other: Uint8Array) => boolean = timingSafeEqual,
): (secret: string) => Principal | undefined {
  const holders = tokens.map(({ name, secret, scopes, tenure }) => {
    if (Buffer.byteLength(secret) < SHORTEST_SECRET) {
      throw new HeddleError('settings_invalid', `the token ${name} has fewer than ${SHORTEST_SECRET} bytes`);
    }
    return { digest: digestOf(secret), principal: { name, scopes: new Set(scopes), tenure } };
  });
  for (const [at, { digest, principal }] of holders.entries()) {
    const twin = holders.slice(at + 1).find((other) => other.digest.equals(digest));
    if (twin !== undefined) {
      const { name } = twin.principal;
      throw new HeddleError('settings_invalid', `the tokens ${principal.name} and ${name} have one secret`);
    }
  }
  return (secret) => {
    const shown = digestOf(secret);
    let found: Principal | undefined;
    for (const { digest, principal } of holders) if (same(digest, shown)) found = principal;
    return found;
  };
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The text behind `Bearer`; undefined when there is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}

export function unauthenticated(shown: boolean): Problem {
  const challenge = shown ? 'Bearer realm="heddle", error="invalid_token"' : 'Bearer realm="heddle"';
  return problem('unauthenticated', {
    detail: shown ? 'the credentials are not valid here' : 'this needs credentials',
    hint: 'Send a token as: Authorization: Bearer <token>',
    headers: { 'www-authenticate': challenge },
  });
}
