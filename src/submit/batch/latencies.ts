/** How many buckets a doubling has: a percentile is right to about 2 %. */
const STEPS = 32;
/** 1 µs; everything below counts as that. */
const LEAST_MS = 0.001;
/** Half a year is the last. */
const BUCKETS = STEPS * 44;

export interface LatencySummary {
  readonly count: number;
  readonly min_ms: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly mean_ms: number;
}

/** Counts durations in buckets of equal ratio: the memory is the same for ten and for ten million. */
export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS) * STEPS);
    const at = Math.min(BUCKETS - 1, bucket);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += ms;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  summary(): LatencySummary | undefined {
    if (this.#count === 0) return undefined;
    return {
      count: this.#count,
      min_ms: rounded(this.#min),
      p50_ms: this.#percentile(0.5),
      p90_ms: this.#percentile(0.9),
      p99_ms: this.#percentile(0.99),
      max_ms: rounded(this.#max),
      mean_ms: rounded(this.#sum / this.#count),
    };
  }

  #percentile(part: number): number {
    const rank = Math.ceil(part * this.#count);
    let seen = 0;
    for (let at = 0; at < BUCKETS; at += 1) {
      seen += this.#counts[at] ?? 0;
      if (seen < rank) continue;
      const middle = LEAST_MS * 2 ** ((at + 0.5) / STEPS);
      return rounded(Math.min(this.#max, Math.max(this.#min, middle)));
    }
    return rounded(this.#max);
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
