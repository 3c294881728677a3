import { type Problem, problem } from './problem.ts';
import type { Principal } from './route.ts';
import type { Needs, Withdrawn, WithdrawnFor } from './tenure.ts';

/** Who sent a request that not everybody may send: what the request takes of its rights, and whether it has them still. */
export class Caller {
  readonly principal: Principal;
  /** Of each list one scope. */
  #needs: Needs = NOTHING;
  #forget: () => void = NOTHING_TO_UNDO;

  constructor(principal: Principal) {
    this.principal = principal;
  }

  /** Throws `forbidden` unless it may one of these, of which a refusal names the first. From then on the request takes that. */
  require(anyOf: readonly [string, ...string[]]): void {
    const { name, scopes } = this.principal;
    if (!anyOf.some((scope) => scopes.has(scope))) throw lacking(`${name} may not do this`, anyOf[0]);
    this.#needs = this.#needs === NOTHING ? [anyOf] : [...this.#needs, anyOf];
  }

  /** Why it may do this no more, as the answer says it. */
  get withdrawn(): Problem | undefined {
    const why = this.principal.tenure?.lack(this.#needs);
    return why === undefined ? undefined : withdrawn(this.principal, why);
  }

  /** Throws unless it may still. */
  requireStill(): void {
    const why = this.withdrawn;
    if (why !== undefined) throw why;
  }

  /** The same for who has waited for something. */
  ifStill<T>(waiting: Promise<T>): Promise<T> {
    if (this.principal.tenure === undefined) return waiting;
    return waiting.then((come) => {
      this.requireStill();
      return come;
    });
  }

  /** Runs once when it may do this no more, which may be at once. Returns the undo. */
  onWithdrawn(run: (why: Problem) => void): () => void {
    return this.#onLack((why) => run(withdrawn(this.principal, why)));
  }

  /** For the one answer that has begun and cannot become another: `end` runs when it may have no more of it, until `answered`. */
  answering(end: (why: WithdrawnFor) => void): void {
    this.#forget = this.#onLack(({ reason }) => end(reason));
  }

  answered(): void {
    this.#forget();
  }

  #onLack(run: (why: Withdrawn) => void): () => void {
    return this.principal.tenure?.onLack(this.#needs, run) ?? NOTHING_TO_UNDO;
  }
}

/** For who could do this when it began, and may do it no more. */
function withdrawn({ name }: Principal, { reason, scope = '' }: Withdrawn): Problem {
  if (reason === 'forbidden') return lacking(`${name} may do this no more`, scope);
  return problem('unauthenticated', {
    detail:
      reason === 'session_over'
        ? 'the session ended while this was under way'
        : 'what was shown to be let in was taken back while this was under way',
    headers: { 'www-authenticate': 'Bearer realm="heddle", error="invalid_token"' },
  });
}

function lacking(what: string, scope: string): Problem {
  // A scope may be made of a name that came from elsewhere, and not every text can stand in a header.
  const named = /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope) ? `, scope="${scope}"` : '';
  return problem('forbidden', {
    detail: `${what}: it needs the scope ${scope}`,
    headers: { 'www-authenticate': `Bearer realm="heddle", error="insufficient_scope"${named}` },
  });
}

const NOTHING: Needs = [];
export const NOTHING_TO_UNDO = (): void => {};
