import type { Counted, Snapshot } from './figures.ts';
import { Histogram } from './histogram.ts';
import type { GapRecord, MessageRecord } from './record.ts';

const MOST_WORKERS = 1000;

interface Worker {
  count: number;
  failed: number;
  readonly processing: Histogram;
}

export class Tally {
  readonly #startedAt: number;
  #received = 0;
  #receivedBytes = 0;
  #passed = 0;
  #passedBytes = 0;
  #undecided = 0;
  readonly #kinds = new Map<string, { count: number }>();
  readonly #statuses = new Map<string, { count: number }>();
  readonly #workers = new Map<string, Worker>();
  #otherWorkers = 0;
  readonly #processing = new Histogram();
  readonly #latency = new Histogram();
  #gaps = 0;
  #missed = 0;
  #unknownGaps = 0;
  #duplicates = 0;
  #late = 0;
  #orphans = 0;
  #linted = false;
  #invalid = 0;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  receive(bytes: number): void {
    this.#received += 1;
    this.#receivedBytes += bytes;
  }

  pass(message: MessageRecord): void {
    const { plain, pair, lint } = message;
    this.#passed += 1;
    this.#passedBytes += message.bytes.length;
    if (message.undecided) this.#undecided += 1;
    if (plain !== undefined) this.#result(plain.status, plain.worker, plain.processingMs);
    else this.#whole(message);
    if (lint !== undefined) {
      this.#linted = true;
      if (!lint.valid) this.#invalid += 1;
    }
    if (pair === undefined || message.decoded.kind !== 'result') return;
    if (pair.nth > 1) this.#duplicates += 1;
    else if (pair.latencyMs !== undefined) this.#latency.add(pair.latencyMs);
    if (pair.late) this.#late += 1;
  }

  #whole({ decoded, facts }: MessageRecord): void {
    if (decoded.kind === 'result') {
      const { status, worker_type, processing_time_ms: said } = decoded.view;
      return this.#result(status, worker_type, typeof said === 'number' ? said : facts.durationMs);
    }
    bump(this.#kinds, decoded.kind);
    if (decoded.kind !== 'unknown' && facts.worker !== undefined) this.#worker(facts.worker, false, undefined);
  }

  #result(status: string, worker: string, said: number | undefined): void {
    bump(this.#kinds, 'result');
    bump(this.#statuses, status);
    const ms = status === 'completed' ? said : undefined;
    if (ms !== undefined) this.#processing.add(ms);
    this.#worker(worker, status === 'failed', ms);
  }

  gap(gap: Pick<GapRecord, 'missed' | 'atLeast'>): void {
    this.#gaps += 1;
    this.#missed += gap.missed ?? gap.atLeast ?? 0;
    if (gap.missed === undefined) this.#unknownGaps += 1;
  }

  /** One more message of a gap that was counted before. */
  drop(): void {
    this.#missed += 1;
  }

  orphan(): void {
    this.#orphans += 1;
  }

  snapshot(now: number, pairing?: { readonly waiting: number; readonly forgotten: number }): Snapshot {
    const elapsedMs = Math.max(0, now - this.#startedAt);
    const workers = [...this.#workers].map(([name, { count, failed, processing }]) => {
      return { name, count, failed, processing: processing.figures() };
    });
    return {
      elapsedMs,
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      passed: this.#passed,
      passedBytes: this.#passedBytes,
      undecided: this.#undecided,
      perSecond: elapsedMs === 0 ? 0 : Math.round((this.#received / elapsedMs) * 10_000) / 10,
      kinds: counted(this.#kinds),
      statuses: counted(this.#statuses),
      workers: workers.sort(byCount),
      otherWorkers: this.#otherWorkers,
      processing: this.#processing.figures(),
      gaps: { count: this.#gaps, missed: this.#missed, unknown: this.#unknownGaps },
      pairs: pairing && {
        latency: this.#latency.figures(),
        duplicates: this.#duplicates,
        late: this.#late,
        orphans: this.#orphans,
        waiting: pairing.waiting,
        forgotten: pairing.forgotten,
      },
      invalid: this.#linted ? this.#invalid : undefined,
    };
  }

  #worker(name: string, failed: boolean, ms: number | undefined): void {
    let worker = this.#workers.get(name);
    if (worker === undefined) {
      if (this.#workers.size >= MOST_WORKERS) {
        this.#otherWorkers += 1;
        return;
      }
      worker = { count: 0, failed: 0, processing: new Histogram() };
      this.#workers.set(name, worker);
    }
    worker.count += 1;
    if (failed) worker.failed += 1;
    if (ms !== undefined) worker.processing.add(ms);
  }
}

function bump(map: Map<string, { count: number }>, key: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, { count: 1 });
  else known.count += 1;
}

function counted(map: ReadonlyMap<string, { count: number }>): Counted[] {
  return [...map].map(([name, { count }]) => ({ name, count })).sort(byCount);
}

function byCount(a: Counted, b: Counted): number {
  return b.count - a.count || (a.name < b.name ? -1 : 1);
}
