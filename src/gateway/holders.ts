import { hash } from 'node:crypto';
import { type Token, tokenHolders } from '../http/bearer.ts';
import type { Principal } from '../http/route.ts';
import { Tenure } from '../http/tenure.ts';

const NOBODY = 'nobody';

/**
 * Who may use a gateway under one config. A token that stands in the next config too, under the same id and with the same secret, keeps
 * its tenure, so that whatever goes on under it goes on.
 */
export class Holders {
  /** Who holds this secret. */
  readonly find: (secret: string) => Principal | undefined;
  /** Who shows nothing; undefined where something has to be shown. */
  readonly anonymous: Principal | undefined;
  /** By what makes a token the same one. */
  readonly #standing = new Map<string, Principal & { readonly tenure: Tenure }>();

  /** `anybody`: who shows nothing. For those before nothing changes until `replace`. */
  constructor(tokens: readonly Token[], anybody: Principal | undefined, before: Holders | undefined) {
    const known = before === undefined ? undefined : before.#standing;
    const stand = (key: string, { name, scopes }: Pick<Principal, 'name' | 'scopes'>) => {
      const tenure = known?.get(key)?.tenure ?? new Tenure('token', scopes);
      const principal = { name, scopes, tenure };
      this.#standing.set(key, principal);
      return principal;
    };
    this.find = tokenHolders(
      tokens.map((token) => {
        const { name, secret, scopes } = token;
        return { ...token, tenure: stand(keyOf(name, secret), { name, scopes: new Set(scopes) }).tenure };
      }),
    );
    this.anonymous = anybody && stand(NOBODY, anybody);
  }

  /** In force from now on: what those before may no more ends. */
  replace(before: Holders): void {
    for (const [key, { tenure }] of before.#standing) {
      const next = this.#standing.get(key);
      if (next === undefined) tenure.end();
      else tenure.hold(next.scopes);
    }
  }

  /**
   * What finds a holder's token again, on every replica that has it, and tells nothing of it to whoever does not know the salt.
   * undefined: he holds none.
   */
  seal({ tenure }: Principal, salt: string): string | undefined {
    for (const [key, each] of this.#standing) if (each.tenure === tenure) return sealed(key, salt);
    return undefined;
  }

  /** Who stands behind a seal; undefined: his token is good here no more. */
  unseal(seal: string, salt: string): Principal | undefined {
    for (const [key, principal] of this.#standing) if (sealed(key, salt) === seal) return principal;
    return undefined;
  }
}

function keyOf(name: string, secret: string): string {
  return `${name} ${hash('sha256', secret, 'base64url')}`;
}

function sealed(key: string, salt: string): string {
  return hash('sha256', `${salt} ${key}`, 'base64url');
}
