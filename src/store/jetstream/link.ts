import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';

/** Whether the connection is there, for something that outlives its drops. */
export class LinkWatch {
  readonly #bus: Transport;
  readonly #clock: Clock;
  readonly #forget: () => void;
  readonly #waiting = new Set<() => void>();
  #state: 'there' | 'away' | 'gone' = 'there';
  #reason: HeddleError | undefined;

  constructor(bus: Transport, clock: Clock, dropped: () => void) {
    this.#bus = bus;
    this.#clock = clock;
    this.#forget = bus.onEvent((event) => {
      if (event.kind === 'disconnected') {
        this.#state = 'away';
        dropped();
      } else if (event.kind === 'reconnected') {
        this.#state = 'there';
        this.#wake();
      } else if (event.kind === 'closed') {
        this.#state = 'gone';
        this.#reason = event.error;
        dropped();
        this.#wake();
      }
    });
  }

  get isThere(): boolean {
    return this.#state === 'there';
  }

  /** Resolves when the connection is there or the signal aborts; throws when it is gone for good, or after `patienceMs`. */
  async back(signal: AbortSignal, patienceMs: number): Promise<void> {
    if (this.#state === 'away' && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(patienceMs) ? this.#clock.after(patienceMs, () => done()) : undefined;
        const done = (): void => {
          this.#clock.cancel(timer);
          this.#waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    if (signal.aborted || this.#state === 'there') return;
    if (this.#state === 'gone') throw this.#reason ?? closed(this.#bus.url);
    throw new HeddleError('connection_lost', `the connection to ${this.#bus.url} was lost and did not come back`, {
      retryable: true,
    });
  }

  close(): void {
    this.#forget();
    this.#wake();
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

function closed(url: string): HeddleError {
  return new HeddleError('connection_closed', `the connection to ${url} is closed`);
}
