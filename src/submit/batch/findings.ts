import type { BatchEnd } from './batch.ts';
import type { SentItem } from './intake.ts';
import { LineRanges, type Tally } from './tally.ts';

/** What is known of single lines at the end, beside the numbers: which are uncertain, which nobody heard, and who stored them. */
export class Findings {
  readonly #tally: Tally;
  readonly #uncertain = new LineRanges();
  readonly #unheard = new LineRanges();
  readonly #streams = new Set<string>();
  #unheardSubject: string | undefined;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  uncertain({ line }: SentItem): void {
    this.#tally.uncertain += 1;
    this.#uncertain.add(line);
  }

  unheard({ line, subject }: SentItem): void {
    this.#tally.unheard += 1;
    this.#unheard.add(line);
    this.#unheardSubject ??= subject;
  }

  stored(stream: string): void {
    this.#tally.stored += 1;
    this.#streams.add(stream);
  }

  get all(): Pick<BatchEnd, 'uncertain' | 'unheard' | 'unheardSubject' | 'streams'> {
    return {
      uncertain: this.#uncertain,
      unheard: this.#unheard,
      unheardSubject: this.#unheardSubject,
      streams: this.#streams,
    };
  }
}
