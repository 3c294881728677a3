/** How many samples a rate looks back over; taken once a second, so that a rate settles, and falls to 0, in as many seconds. */
const SAMPLES = 5;

/** Counts, and says how many a second. Costs an addition each; the clock is asked by whoever takes the samples. */
export class Meter {
  count = 0;
  /** Of the last seconds; undefined before there are two samples. */
  perSecond: number | undefined;
  readonly #samples: { readonly count: number; readonly atMs: number }[] = [];

  /** `elapsedMs`: of a clock that nobody sets. */
  sample(elapsedMs: number): void {
    const [oldest] = this.#samples;
    if (oldest !== undefined && elapsedMs > oldest.atMs) {
      this.perSecond = ((this.count - oldest.count) * 1000) / (elapsedMs - oldest.atMs);
    }
    this.#samples.push({ count: this.count, atMs: elapsedMs });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }
}
