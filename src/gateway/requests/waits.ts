import type { Prepared } from '../../delivery/prepared.ts';
import type { Expectation } from '../../delivery/wait/expectation.ts';
import type { Outcome } from '../../delivery/wait/outcome.ts';
import { ResultWatch } from '../../delivery/wait/result-watch.ts';
import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';

/** Somebody who waits for the answer to a request here. */
export interface Wait {
  readonly outcome: Promise<Outcome>;
  readonly expectation: Pick<Expectation, 'sent' | 'unheard'>;
  /** He waits no longer. */
  leave(): void;
}

/** The longest that anybody waits is known to who waits; this one only bounds what is forgotten. */
const LONGEST_MS = 90_000;

/** Answers heard here and now: one subscription a request, however many wait for it. */
export class Waits {
  readonly #watch: ResultWatch;
  readonly #open = new Map<string, { readonly expectation: Expectation; waiting: number }>();

  constructor(transport: Transport, clock: Clock) {
    this.#watch = new ResultWatch(transport, { clock, lingerMs: 0 });
  }

  /** The server has taken the subscription once a flush resolved. */
  join(prepared: Pick<Prepared, 'id' | 'kind' | 'resultSubject'>): Wait {
    const { id } = prepared;
    let entry = this.#open.get(id);
    if (entry === undefined) {
      const expectation = this.#watch.expect(prepared, { timeoutMs: LONGEST_MS, passMalformed: false });
      const opened = { expectation, waiting: 0 };
      entry = opened;
      this.#open.set(id, opened);
      void expectation.outcome.then(() => {
        if (this.#open.get(id) === opened) this.#open.delete(id);
      });
    }
    const { expectation } = entry;
    const shared = entry;
    shared.waiting += 1;
    let left = false;
    return {
      outcome: expectation.outcome,
      expectation,
      leave: () => {
        if (left) return;
        left = true;
        shared.waiting -= 1;
        if (shared.waiting === 0) expectation.abandon(new HeddleError('interrupted', 'nobody waits any longer'));
      },
    };
  }

  get waiting(): number {
    return this.#watch.waiting;
  }

  close(): void {
    this.#watch.close();
  }
}
