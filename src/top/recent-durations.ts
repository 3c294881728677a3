import { Histogram } from '../tail/histogram.ts';

/** How long a half of what is remembered lasts: percentiles are of the last one to two minutes. */
const HALF_MS = 60_000;

/** Percentiles of the durations of late, in twenty kilobytes, whatever their number. */
export class RecentDurations {
  p50: number | undefined;
  p99: number | undefined;
  #now = new Histogram();
  #before = new Histogram();
  #since: number | undefined;
  #changed = false;

  add(ms: number): void {
    this.#now.add(ms);
    this.#changed = true;
  }

  /** Once a second: what it says changes no more often. */
  sample(elapsedMs: number): void {
    this.#since ??= elapsedMs;
    if (elapsedMs - this.#since >= HALF_MS) {
      // Where nobody looked for long, both halves are of long ago.
      this.#before = elapsedMs - this.#since >= 2 * HALF_MS ? new Histogram() : this.#now;
      this.#now = new Histogram();
      this.#since = elapsedMs;
      this.#changed = true;
    }
    if (!this.#changed) return;
    this.#changed = false;
    this.p50 = this.#now.percentile(0.5, this.#before);
    this.p99 = this.#now.percentile(0.99, this.#before);
  }
}
