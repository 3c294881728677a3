import { isHeddleError } from '../../errors.ts';
import { turn } from '../../time/turn.ts';
import { type HeardProbe, openHeardProbe } from '../heard.ts';
import { SharedFlush } from '../shared-flush.ts';
import type { Expectation } from '../wait/expectation.ts';
import type { Outcome } from '../wait/outcome.ts';
import { ResultWatch } from '../wait/result-watch.ts';
import { type BatchEnd, type BatchOptions, BatchStop, refuse, takeItem } from './batch.ts';
import type { Item } from './item.ts';
import type { Latencies } from './latencies.ts';
import { type Link, watchLink } from './link.ts';
import { LineRanges } from './tally.ts';

export interface RunOptions extends BatchOptions {
  /** Tasks in flight at a time. */
  readonly concurrency: number;
  /** For each task, from its publishing on. */
  readonly timeoutMs: number;
  readonly lingerMs: number;
  /** In the order of completion. A promise holds the next task back: a slow reader slows the batch. */
  readonly onOutcome: (item: Item, outcome: Outcome) => Promise<void> | void;
  readonly onDuplicate: (item: Item) => void;
  readonly onDeaf: (problem: string) => void;
  readonly latencies: Latencies;
}

/** Sends every line and waits for each answer, `concurrency` at a time. */
export async function runAll(options: RunOptions): Promise<BatchEnd> {
  const runner = new Runner(options);
  try {
    return await runner.run();
  } finally {
    runner.close();
  }
}

type SentItem = Item & { readonly source: string };

class Runner {
  readonly #options: RunOptions;
  readonly #link: Link;
  readonly #watch: ResultWatch;
  readonly #flush: SharedFlush;
  readonly #probe: HeardProbe;
  readonly #inFlight = new Map<number, { item: SentItem; expectation: Expectation; confirmed: boolean }>();
  readonly #uncertain = new LineRanges();
  readonly #unheard = new LineRanges();
  #unheardSubject: string | undefined;
  #slotFreed: () => void = () => {};
  #nobodyListens = false;
  #failure: unknown;
  #doneAt: number | undefined;

  constructor(options: RunOptions) {
    const { transport, clock, lingerMs, onDeaf } = options;
    this.#options = options;
    this.#link = watchLink(transport, clock);
    this.#flush = new SharedFlush(transport);
    this.#watch = new ResultWatch(transport, { clock, lingerMs, onDeaf: (error) => onDeaf(error.message) });
    this.#probe = openHeardProbe(transport, (token) => this.#inFlight.get(Number(token))?.expectation.unheard());
  }

  close(): void {
    this.#probe.close();
    this.#watch.close();
    this.#link.close();
  }

  async run(): Promise<BatchEnd> {
    const { clock } = this.#options;
    const begun = clock.elapsed();
    const end = await this.#runToEnd();
    return {
      ...end,
      uncertain: this.#uncertain,
      unheard: this.#unheard,
      unheardSubject: this.#unheardSubject,
      elapsedMs: (this.#doneAt ?? clock.elapsed()) - begun,
    };
  }

  async #runToEnd(): Promise<Pick<BatchEnd, 'stopped' | 'error'>> {
    const { clock, signal } = this.#options;
    try {
      await this.#sendLines();
      await this.#untilInFlight(0);
      this.#doneAt = clock.elapsed();
      await this.#watch.lingered();
      return { stopped: this.#nobodyListens ? 'nobody_listens' : 'end_of_input' };
    } catch (thrown) {
      // A malformed line, or a router that went away, ends the reading; what is in flight is still waited for.
      if (thrown instanceof BatchStop) await this.#untilInFlight(0).catch(() => {});
      this.#giveUpRest();
      if (thrown instanceof BatchStop) return { stopped: thrown.why };
      if (signal.aborted) return { stopped: 'interrupted' };
      if (!isHeddleError(thrown) || !thrown.code.startsWith('connection_')) throw thrown;
      return { stopped: 'connection', error: thrown };
    }
  }

  async #sendLines(): Promise<void> {
    const { lines, pace, signal, concurrency } = this.#options;
    for await (const block of lines) {
      for (let at = 0; at < block.length; ) {
        const granted = await pace.take(block.length - at, signal);
        for (const line of block.slice(at, at + granted)) {
          signal.throwIfAborted();
          const item = takeItem(this.#options, line);
          if (item === undefined) continue;
          // The first goes alone: when nobody listens, one task is lost and not `concurrency`.
          const first = this.#options.tally.published === 0;
          await this.#untilInFlight(concurrency - 1);
          if (!this.#link.up) await this.#link.whenUp(this.#options.patienceMs, signal);
          await this.#start(item, first);
          if (this.#nobodyListens) throw new BatchStop('nobody_listens');
        }
        at += granted;
      }
    }
  }

  async #start(item: SentItem, first: boolean): Promise<void> {
    const { transport, tally, timeoutMs, onDuplicate } = this.#options;
    let expectation: Expectation;
    try {
      expectation = this.#watch.expect(
        { kind: 'task', id: item.id, resultSubject: item.resultSubject },
        {
          timeoutMs,
          onProgress: (progress) => {
            if (progress.kind !== 'duplicate') return;
            tally.duplicates += 1;
            onDuplicate(item);
          },
        },
      );
    } catch (thrown) {
      if (!isHeddleError(thrown) || thrown.code !== 'usage') throw thrown;
      refuse(this.#options, item.line, `bears the id of a task that is still under way: ${JSON.stringify(item.id)}`);
      return;
    }
    // A refused subscription is known after this, before anything is sent.
    if (first) await this.#flush.flush();
    if (expectation.ended?.kind === 'lost') throw expectation.ended.error;
    const entry = { item, expectation, confirmed: false };
    const losses = this.#link.losses;
    const reply = this.#probe.replyFor(item.line);
    try {
      expectation.sent();
      transport.publish(item.subject, item.text, reply === undefined ? undefined : { reply });
    } catch (thrown) {
      expectation.abandon(thrown as never);
      if (!isHeddleError(thrown) || thrown.code !== 'payload_too_large') throw thrown;
      refuse(this.#options, item.line, `is too large for ${transport.url}: ${thrown.message}`);
      return;
    }
    tally.published += 1;
    this.#inFlight.set(item.line, entry);
    const confirmed = this.#flush.flush().then(
      () => {
        if (losses === this.#link.losses) this.#confirm(entry);
      },
      (thrown: unknown) => {
        // A lost connection leaves it open: the answer may still come. A refusal ends the batch.
        if (!isHeddleError(thrown) || !thrown.code.startsWith('connection_')) this.#fail(thrown);
      },
    );
    void expectation.outcome.then((outcome) => this.#ended(entry, outcome)).catch((thrown) => this.#fail(thrown));
    if (first) await confirmed;
    // Without a look at the network now and then, answers would wait until `concurrency` is reached.
    else if (this.#inFlight.size % 64 === 0) await turn();
  }

  #confirm(entry: { item: SentItem; confirmed: boolean }): void {
    if (entry.confirmed) return;
    entry.confirmed = true;
    this.#options.tally.sent += 1;
    this.#options.tally.bytes += Buffer.byteLength(entry.item.text);
  }

  async #ended(entry: { item: SentItem; confirmed: boolean }, outcome: Outcome): Promise<void> {
    const { tally, journal, onOutcome, latencies, allowUnheard } = this.#options;
    const { item } = entry;
    if (outcome.kind !== 'lost') {
      // Whatever came back proves that it arrived.
      if (outcome.kind !== 'timeout') this.#confirm(entry);
      else if (!entry.confirmed) this.#markUncertain(item);
      if (outcome.kind === 'unheard') {
        tally.unheard += 1;
        this.#unheard.add(item.line);
        this.#unheardSubject ??= item.subject;
        this.#nobodyListens = !allowUnheard;
      } else tally[COUNTED[outcome.kind]] += 1;
      if (outcome.kind === 'completed' || outcome.kind === 'failed') {
        latencies.add(outcome.elapsedMs);
        journal?.record(item.line, item.source, outcome.kind, item.id);
      }
      await onOutcome(item, outcome);
      this.#inFlight.delete(item.line);
    } else this.#fail(outcome.error);
    this.#slotFreed();
  }

  #fail(thrown: unknown): void {
    this.#failure ??= thrown;
    this.#slotFreed();
  }

  /** Resolves when at most so many are in flight. */
  async #untilInFlight(most: number): Promise<void> {
    const { signal } = this.#options;
    while (this.#inFlight.size > most) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#slotFreed = wake;
        signal.addEventListener('abort', wake, { once: true });
        if (signal.aborted || this.#failure !== undefined) wake();
      });
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
    }
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #markUncertain(item: Item): void {
    this.#options.tally.uncertain += 1;
    this.#uncertain.add(item.line);
  }

  /** Sent and not answered is open; not even confirmed is uncertain. */
  #giveUpRest(): void {
    for (const entry of this.#inFlight.values()) {
      if (entry.confirmed) this.#options.tally.open += 1;
      else this.#markUncertain(entry.item);
    }
    this.#inFlight.clear();
  }
}

const COUNTED = {
  completed: 'completed',
  failed: 'failed',
  dead_lettered: 'dead_lettered',
  malformed: 'malformed_results',
  timeout: 'timed_out',
} as const;
