import type { Link } from '../../delivery/link.ts';
import { type HeddleError, isHeddleError } from '../../errors.ts';
import { type BatchOptions, BatchStop } from './batch.ts';
import type { Departures } from './departures.ts';
import { type Lot, refuse, type SentItem } from './intake.ts';
import type { Way } from './way.ts';

export interface OutgoingWorld {
  readonly options: BatchOptions;
  readonly way: Way;
  readonly link: Link;
  readonly departures: Departures;
  /** Ends the batch. */
  readonly fail: (thrown: unknown) => void;
  readonly moved: () => void;
}

/**
 * From the moment when a task is begun to the one when it is published: with a journal it waits until that says so, and
 * while the connection is not well it is held back. What never left is withdrawn, and then it was never counted.
 */
export class Outgoing {
  readonly #world: OutgoingWorld;
  readonly #waiting = new Set<SentItem>();
  #held: SentItem[] = [];
  #closed = false;

  constructor(world: OutgoingWorld) {
    this.#world = world;
  }

  /** Begun and not published yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Do some wait for the connection to be well again? */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  begin(items: readonly SentItem[]): Lot {
    const { way, options } = this.#world;
    const begun: SentItem[] = [];
    for (const item of items) {
      const problem = way.begin(item);
      const stop = problem === undefined ? undefined : refuse(options, item.line, problem);
      if (stop !== undefined) return { items: begun, stop };
      if (problem === undefined) begun.push(item);
    }
    return { items: begun, stop: undefined };
  }

  /** Before the very first leave. They are begun, whatever is found out now. */
  async ready(items: readonly SentItem[]): Promise<void> {
    for (const item of items) this.#waiting.add(item);
    await this.#world.way.ready();
  }

  /** With a journal, what is about to be sent stands there before it leaves. */
  send(items: readonly SentItem[]): void {
    const { journal } = this.#world.options;
    if (journal === undefined) return this.#publish(items);
    if (items.length === 0) return;
    for (const item of items) this.#waiting.add(item);
    journal.intend(items).then(
      () => this.#publish(items),
      (thrown: HeddleError) => {
        for (const item of items) this.#withdraw(item);
        this.#world.fail(new BatchStop('journal', thrown));
      },
    );
  }

  /** The connection is well again. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#publish(held);
  }

  /** Nothing leaves any more, whatever still comes from the journal. */
  close(): void {
    this.#closed = true;
  }

  withdrawAll(): void {
    this.#held = [];
    for (const item of [...this.#waiting]) this.#withdraw(item);
  }

  #publish(items: readonly SentItem[]): void {
    const { link, departures, moved } = this.#world;
    if (!this.#closed && (!link.up || departures.owes)) {
      for (const item of items) this.#waiting.add(item);
      this.#held.push(...items);
    } else for (const item of items) this.#publishOne(item);
    departures.confirm();
    moved();
  }

  #publishOne(item: SentItem): void {
    if (this.#closed) return this.#withdraw(item);
    const { options, way, departures, fail } = this.#world;
    try {
      way.leaving(item);
      departures.publish(item);
      options.tally.published += 1;
      if (this.#waiting.size > 0) this.#waiting.delete(item);
    } catch (thrown) {
      this.#withdraw(item);
      if (!isHeddleError(thrown) || thrown.code !== 'payload_too_large') return fail(thrown);
      const stop = refuse(options, item.line, `is too large for ${options.transport.url}: ${thrown.message}`);
      if (stop !== undefined) fail(stop);
    }
  }

  #withdraw(item: SentItem): void {
    const { way, options } = this.#world;
    this.#waiting.delete(item);
    way.withdraw(item);
    options.journal?.record(item.line, item.source, 'unsent', item.id);
  }
}
