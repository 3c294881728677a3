import { flushPublished } from '../../delivery/flush.ts';
import type { Expectation } from '../../delivery/wait/expectation.ts';
import type { Outcome } from '../../delivery/wait/outcome.ts';
import { ResultWatch } from '../../delivery/wait/result-watch.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { BatchEnd, BatchOptions } from './batch.ts';
import type { Window } from './departures.ts';
import type { SentItem } from './intake.ts';
import type { JournalState } from './journal.ts';
import type { Latencies } from './latencies.ts';
import type { BadEnd } from './reasons.ts';
import { runBatch } from './run-batch.ts';
import type { Desk, Way } from './way.ts';

export interface RunOptions extends BatchOptions {
  /** Tasks in flight at a time. */
  readonly concurrency: number;
  /** For each task, from its publishing on. */
  readonly timeoutMs: number;
  readonly lingerMs: number;
  /** Take results in frames of generation C for answers. Default false. */
  readonly acceptFrames?: boolean | undefined;
  /** In the order of completion. A promise holds the next task back: a slow reader slows the batch. */
  readonly onOutcome: (item: SentItem, outcome: Outcome) => Promise<void> | void;
  readonly onDuplicate: (item: SentItem) => void;
  readonly onDeaf: (problem: string) => void;
  readonly latencies: Latencies;
}

/** Sends every line and waits for each answer, `concurrency` at a time. */
export async function runAll(options: RunOptions): Promise<BatchEnd> {
  return await runBatch(options, (desk) => new Answering(options, desk));
}

/** One task between its beginning and the moment when all about it is known and counted. */
interface Flight {
  readonly item: SentItem;
  readonly expectation: Expectation;
  /** The server has it, or an answer proves it. */
  confirmed: boolean;
  /** The connection broke before the server confirmed it. Its answer may still come. */
  lost: boolean;
  /** Nobody waits for its answer any more; whether it arrived is still to be learnt. */
  timedOut: boolean;
}

/** A message ends with its answer, or when the time for it is over. */
class Answering implements Way {
  readonly waits = true;
  readonly resends = false;
  readonly #options: RunOptions;
  readonly #desk: Desk;
  readonly #watch: ResultWatch;
  readonly #flights = new Map<number, Flight>();
  /** Tasks that keep the next ones from being begun. */
  #busy = 0;

  constructor(options: RunOptions, desk: Desk) {
    const { transport, clock, lingerMs, onDeaf } = options;
    this.#options = options;
    this.#desk = desk;
    this.#watch = new ResultWatch(transport, { clock, lingerMs, onDeaf: (error) => onDeaf(error.message) });
  }

  get room(): number {
    return this.#options.concurrency - this.#busy;
  }

  get idle(): boolean {
    return this.#flights.size === 0 && this.#busy === 0;
  }

  begin(item: SentItem): string | undefined {
    const { timeoutMs, acceptFrames, onDuplicate, tally } = this.#options;
    let expectation: Expectation;
    try {
      expectation = this.#watch.expect(
        { kind: 'task', id: item.id, resultSubject: item.resultSubject },
        {
          timeoutMs,
          acceptFrames,
          onProgress: ({ kind }) => {
            if (kind !== 'duplicate') return;
            tally.duplicates += 1;
            onDuplicate(item);
          },
        },
      );
    } catch (thrown) {
      if (!isHeddleError(thrown) || thrown.code !== 'usage') throw thrown;
      return `bears the id of a task that is still under way: ${JSON.stringify(item.id)}`;
    }
    const flight: Flight = { item, expectation, confirmed: false, lost: false, timedOut: false };
    this.#flights.set(item.line, flight);
    this.#busy += 1;
    void expectation.outcome.then((outcome) => this.#ended(flight, outcome)).catch(this.#desk.fail);
    return undefined;
  }

  /** A refused subscription is known after this, before anything is sent. */
  async ready(): Promise<void> {
    await flushPublished(this.#options.transport);
    for (const { expectation } of this.#flights.values()) {
      if (expectation.ended?.kind === 'lost') throw expectation.ended.error;
    }
  }

  leaving({ line }: SentItem): void {
    this.#flights.get(line)?.expectation.sent();
  }

  withdraw({ line }: SentItem): void {
    const flight = this.#flights.get(line);
    if (flight === undefined) return;
    this.#flights.delete(line);
    this.#busy -= 1;
    flight.expectation.abandon(new HeddleError('interrupted', 'it was not sent'));
  }

  unheard(line: number): void {
    this.#flights.get(line)?.expectation.unheard();
  }

  confirmed({ items }: Window): void {
    for (const { line } of items) {
      const flight = this.#flights.get(line);
      if (flight === undefined) continue;
      this.#confirm(flight);
      if (flight.timedOut) this.#timedOut(flight);
    }
  }

  lost({ items }: Window): boolean {
    for (const { line } of items) {
      const flight = this.#flights.get(line);
      if (flight === undefined) continue;
      flight.lost = true;
      if (flight.timedOut) this.#uncertain(flight);
    }
    return false;
  }

  uncertain(window: Window): void {
    this.lost(window);
  }

  /** Sent and not answered is open; not even confirmed is uncertain. */
  giveUp(): void {
    const { tally } = this.#options;
    for (const flight of [...this.#flights.values()]) {
      if (!flight.confirmed) this.#uncertain(flight);
      else {
        tally.open += 1;
        this.#note(flight, 'unanswered');
      }
    }
    this.#flights.clear();
  }

  async afterwards(): Promise<void> {
    await this.#watch.lingered();
  }

  close(): void {
    this.#watch.close();
  }

  async #ended(flight: Flight, outcome: Outcome): Promise<void> {
    const { item } = flight;
    // Withdrawn, or given up.
    if (this.#flights.get(item.line) !== flight) return;
    if (outcome.kind === 'lost') return this.#desk.fail(outcome.error);
    if (outcome.kind !== 'timeout') this.#answered(flight, outcome);
    else if (flight.confirmed) this.#timedOut(flight);
    else if (flight.lost) this.#uncertain(flight);
    else flight.timedOut = true;
    await this.#options.onOutcome(item, outcome);
    this.#busy -= 1;
    this.#desk.moved();
  }

  #answered(flight: Flight, outcome: Exclude<Outcome, { kind: 'timeout' | 'lost' }>): void {
    const { tally, latencies } = this.#options;
    // Whatever came back proves that it arrived.
    this.#confirm(flight);
    this.#flights.delete(flight.item.line);
    if (outcome.kind === 'unheard') this.#desk.unheard(flight.item);
    else tally[COUNTED[outcome.kind]] += 1;
    const because = reasonOf(outcome);
    if (because !== undefined) this.#desk.because(...because);
    if (outcome.kind === 'completed' || outcome.kind === 'failed') latencies.add(outcome.elapsedMs);
    this.#note(flight, NOTED[outcome.kind]);
  }

  #confirm(flight: Flight): void {
    if (flight.confirmed) return;
    const { tally } = this.#options;
    flight.confirmed = true;
    tally.sent += 1;
    tally.bytes += flight.item.bytes;
  }

  #timedOut(flight: Flight): void {
    this.#flights.delete(flight.item.line);
    this.#options.tally.timed_out += 1;
    this.#note(flight, 'unanswered');
  }

  #uncertain({ item }: Flight): void {
    this.#flights.delete(item.line);
    this.#desk.uncertain(item);
  }

  #note({ item }: Flight, state: JournalState): void {
    this.#options.journal?.record(item.line, item.source, state, item.id);
  }
}

function reasonOf(outcome: Outcome): readonly [BadEnd, reason: string] | undefined {
  switch (outcome.kind) {
    case 'failed':
      return ['failed', outcome.result.error ?? 'no reason given'];
    case 'dead_lettered':
      return ['dead_lettered', outcome.reason];
    case 'malformed':
      return ['malformed', outcome.problem];
    default:
      return undefined;
  }
}

const COUNTED = {
  completed: 'completed',
  failed: 'failed',
  dead_lettered: 'dead_lettered',
  malformed: 'malformed_results',
} as const;

const NOTED = {
  completed: 'completed',
  failed: 'failed',
  dead_lettered: 'refused',
  malformed: 'unanswered',
  unheard: 'unheard',
} as const;
