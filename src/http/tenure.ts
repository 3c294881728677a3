/** Why somebody may no more. The latter two are what whoever comes back with the same credentials is answered. */
export type WithdrawnFor = 'session_over' | 'unauthenticated' | 'forbidden';

export interface Withdrawn {
  readonly reason: WithdrawnFor;
  /** What is missing, where something is left. */
  readonly scope: string | undefined;
}

/** What something takes: of each list one scope. */
export type Needs = readonly (readonly string[])[];

interface Going {
  readonly needs: Needs;
  run(why: Withdrawn): void;
}

/**
 * How long somebody may do what it may: shared by all that is served under one token or one session. What goes on for long says what
 * it takes, and is told when that is held no more.
 */
export class Tenure {
  readonly #by: 'token' | 'session';
  readonly #going = new Set<Going>();
  #held: Pick<ReadonlySet<string>, 'has'>;
  #isOver = false;

  constructor(by: 'token' | 'session', scopes: Pick<ReadonlySet<string>, 'has'>) {
    this.#by = by;
    this.#held = scopes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing goes on under it. */
  get isIdle(): boolean {
    return this.#going.size === 0;
  }

  /** undefined: all of it is held. */
  lack(needs: Needs): Withdrawn | undefined {
    if (this.#isOver) {
      return { reason: this.#by === 'session' ? 'session_over' : 'unauthenticated', scope: undefined };
    }
    for (const anyOf of needs) {
      if (!anyOf.some((scope) => this.#held.has(scope))) return { reason: 'forbidden', scope: anyOf[0] };
    }
    return undefined;
  }

  /** Runs once when something of it is held no more, which may be at once. Returns the undo. */
  onLack(needs: Needs, run: (why: Withdrawn) => void): () => void {
    const why = this.lack(needs);
    if (why !== undefined) {
      run(why);
      return () => {};
    }
    const going: Going = { needs, run };
    this.#going.add(going);
    return () => void this.#going.delete(going);
  }

  /** These from now on, and no others. */
  hold(scopes: Pick<ReadonlySet<string>, 'has'>): void {
    this.#held = scopes;
    this.#tell();
  }

  /** For good. */
  end(): void {
    this.#isOver = true;
    this.#tell();
  }

  #tell(): void {
    for (const going of this.#going) {
      const why = this.lack(going.needs);
      if (why === undefined) continue;
      this.#going.delete(going);
      going.run(why);
    }
  }
}
