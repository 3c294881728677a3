import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

// An operator, an account and users for a server that trusts JWTs, made with the keys of the client's own package.

interface KeyPair {
  getPublicKey(): string;
  getSeed(): Uint8Array;
  sign(data: Uint8Array): Uint8Array;
}

export interface Nkeys {
  createOperator(): KeyPair;
  createAccount(): KeyPair;
  createUser(): KeyPair;
}

/** A dependency of the client, not of ours: found from where the client stands. */
export const nkeys: Nkeys = createRequire(createRequire(import.meta.url).resolve('nats'))('@nats-io/nkeys');

export interface NatsUser {
  readonly jwt: string;
  readonly seed: string;
  /** Text of a .creds file. */
  readonly creds: string;
}

export interface Operator {
  /** For nats-server's configuration. */
  readonly config: string;
  /** `expiresIn` in seconds; negative is past. */
  user(options?: { expiresIn?: number; bearer?: boolean }): NatsUser;
}

export function newOperator(): Operator {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const accountJwt = token(operator, account, 'team', { type: 'account', version: 2, limits: unlimited });
  const operatorJwt = token(operator, operator, 'operator', { type: 'operator', version: 2 });
  return {
    config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }\n`,
    user({ expiresIn, bearer = false } = {}) {
      const user = nkeys.createUser();
      const nats = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, bearer_token: bearer };
      const jwt = token(account, user, 'ada', nats, expiresIn);
      const seed = Buffer.from(user.getSeed()).toString('ascii');
      return { jwt, seed, creds: credsText(jwt, seed) };
    },
  };
}

function credsText(jwt: string, seed: string): string {
  return `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n************************* IMPORTANT *************************\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n\n*************************************************************\n`;
}

function token(issuer: KeyPair, subject: KeyPair, name: string, nats: object, expiresIn?: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iat: now - 3600,
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name,
    nats,
    ...(expiresIn === undefined ? {} : { exp: now + expiresIn }),
  };
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('base64url');
  const head = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' })).toString('base64url');
  const body = Buffer.from(JSON.stringify({ jti, ...claims })).toString('base64url');
  const signature = Buffer.from(issuer.sign(Buffer.from(`${head}.${body}`))).toString('base64url');
  return `${head}.${body}.${signature}`;
}
