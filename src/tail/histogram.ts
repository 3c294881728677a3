/** Steps a doubling: a value is told within 1.6 %. */
const STEPS = 32;
/** Up to 2^40 ms. */
const BUCKETS = STEPS * 41;

/** Durations in milliseconds, counted in buckets that grow with them: percentiles of millions in ten kilobytes. */
export class Histogram {
  #counts: Uint32Array | undefined;
  #total = 0;
  #max = 0;

  get count(): number {
    return this.#total;
  }

  add(ms: number): void {
    if (!(ms >= 0)) return;
    this.#counts ??= new Uint32Array(BUCKETS);
    const index = ms < 1 ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log2(ms) * STEPS));
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total += 1;
    if (ms > this.#max) this.#max = ms;
  }

  /** `share` from 0 to 1; undefined when nothing was added. `beside`: as if it held what that one holds, too. */
  percentile(share: number, beside?: Histogram): number | undefined {
    const total = this.#total + (beside?.count ?? 0);
    if (total === 0) return undefined;
    const max = Math.max(this.#max, beside?.max ?? 0);
    let left = Math.max(1, Math.ceil(share * total));
    for (let index = 0; index < BUCKETS; index += 1) {
      left -= this.#in(index) + (beside === undefined ? 0 : beside.#in(index));
      if (left > 0) continue;
      if (index === 0) return 0;
      return Math.min(max, Math.round(2 ** ((index - 0.5) / STEPS) * 10) / 10);
    }
    return max;
  }

  get max(): number {
    return this.#max;
  }

  #in(index: number): number {
    return this.#counts?.[index] ?? 0;
  }

  figures(): Percentiles | undefined {
    if (this.#total === 0) return undefined;
    const at = (share: number): number => this.percentile(share) ?? 0;
    return { count: this.#total, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: this.#max };
  }
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}
