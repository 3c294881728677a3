import type { BatchEnd } from './batch.ts';
import type { SentItem } from './intake.ts';
import { type BadEnd, Reasons } from './reasons.ts';
import { LineRanges, type Tally } from './tally.ts';

/** What is known of single lines at the end, beside the numbers: which are uncertain, which nobody heard, who stored them, and why others failed. */
export class Findings {
  readonly #tally: Tally;
  readonly #uncertain = new LineRanges();
  readonly #unheard = new LineRanges();
  readonly #streams = new Set<string>();
  readonly #reasons = new Reasons();
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

  because(outcome: BadEnd, reason: string): void {
    this.#reasons.add(outcome, reason);
  }

  get all(): Pick<BatchEnd, 'uncertain' | 'unheard' | 'unheardSubject' | 'streams' | 'reasons'> {
    return {
      uncertain: this.#uncertain,
      unheard: this.#unheard,
      unheardSubject: this.#unheardSubject,
      streams: this.#streams,
      reasons: this.#reasons.all,
    };
  }
}
