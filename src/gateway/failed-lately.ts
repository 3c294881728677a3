import type { Family } from '../http/prometheus.ts';
import type { Clock, Timer } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';

const WINDOW_MS = 600_000;
/** As often as Prometheus asks, as a rule. */
const EVERY_MS = 15_000;

/** What failed lately on the bus, for the metrics: counted from time to time, so that no scrape waits for a stream. */
export class FailedLately {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #timer: Timer | undefined;
  #counting: Promise<void> | undefined;
  /** Undefined where nobody keeps dead letters, or who does could not be asked: a count of long ago would pass for one of now. */
  #families: readonly Family[] | undefined;

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** Resolves when it has counted once, or knows that it cannot. */
  async start(): Promise<void> {
    const [{ RecentLetters }, { letterFamilies }] = await Promise.all([
      import('../letters/recent.ts'),
      import('../letters/metrics.ts'),
    ]);
    if (this.#over.signal.aborted) return;
    const letters = new RecentLetters(WINDOW_MS, this.#clock);
    const count = async (): Promise<void> => {
      try {
        this.#families = letterFamilies(await letters.count(this.#transport, this.#over.signal));
      } catch {
        this.#families = undefined;
      }
    };
    const inTurn = (): void => {
      this.#counting ??= count().finally(() => {
        this.#counting = undefined;
      });
    };
    this.#timer = this.#clock.every(EVERY_MS, inTurn);
    inTurn();
    await this.#counting;
  }

  families(): readonly Family[] {
    const known: Family = {
      name: 'heddle_dead_letters_known',
      type: 'gauge',
      help: '1 when failed work is kept by a stream and was counted.',
      samples: [[{}, this.#families === undefined ? 0 : 1]],
    };
    return [known, ...(this.#families ?? [])];
  }

  async close(): Promise<void> {
    this.#clock.cancel(this.#timer);
    this.#over.abort();
    await this.#counting;
  }
}
