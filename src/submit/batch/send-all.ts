import { HeddleError, isHeddleError } from '../../errors.ts';
import { type HeardProbe, openHeardProbe } from '../heard.ts';
import { flushPublished } from '../shared-flush.ts';
import { type BatchEnd, type BatchOptions, BatchStop, refuse, takeItem } from './batch.ts';
import type { Item } from './item.ts';
import { type Link, watchLink } from './link.ts';
import { LineRanges } from './tally.ts';

export interface SendOptions extends BatchOptions {
  /** What to do with messages that were on their way when the connection broke. `resend` may do work twice. */
  readonly onLost: 'report' | 'resend';
}

/** Messages between two confirmations of the server. */
interface Window {
  readonly lines: number[];
  /** Where each of them was published. */
  readonly subjects: string[];
  /** Kept only where they are needed again: for the journal, or to be sent once more. */
  readonly items: SentItem[];
  bytes: number;
  /** Of the link, when the first message was published. */
  losses: number;
}

type SentItem = Item & { readonly source: string };

/** So many wait for one confirmation: enough to hide the round trip, few enough to be named when the link breaks. */
const WINDOW_ITEMS = 1000;
const WINDOW_BYTES = 256 * 1024;
/** Windows on their way: one is confirmed while the next is written. */
const WINDOWS = 2;

/** Sends every line, waits for no answer, and never calls a message sent that the server did not confirm. */
export async function sendAll(options: SendOptions): Promise<BatchEnd> {
  const sender = new Sender(options);
  try {
    return await sender.run();
  } finally {
    sender.close();
  }
}

class Sender {
  readonly #options: SendOptions;
  readonly #link: Link;
  readonly #probe: HeardProbe;
  readonly #unheardNow = new Set<number>();
  readonly #uncertain = new LineRanges();
  readonly #unheard = new LineRanges();
  readonly #onTheWay: { window: Window; flushed: Promise<HeddleError | undefined> }[] = [];
  readonly #keepsItems: boolean;
  #unheardSubject: string | undefined;
  #window = newWindow();
  #probed = false;
  #nobodyListens = false;

  constructor(options: SendOptions) {
    this.#options = options;
    this.#keepsItems = options.journal !== undefined || options.onLost === 'resend';
    this.#link = watchLink(options.transport, options.clock);
    this.#probe = openHeardProbe(options.transport, (token) => {
      this.#unheardNow.add(Number(token));
    });
  }

  close(): void {
    this.#probe.close();
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
      elapsedMs: clock.elapsed() - begun,
    };
  }

  async #runToEnd(): Promise<Pick<BatchEnd, 'stopped' | 'error'>> {
    try {
      await this.#sendLines();
      await this.#settle();
      return { stopped: this.#nobodyListens ? 'nobody_listens' : 'end_of_input' };
    } catch (thrown) {
      // Whatever ended it: what is on its way is seen through, or named.
      await this.#settle().catch(() => {});
      this.#giveUpRest();
      if (thrown instanceof BatchStop) return { stopped: thrown.why };
      if (this.#options.signal.aborted) return { stopped: 'interrupted' };
      if (!isHeddleError(thrown) || !thrown.code.startsWith('connection_')) throw thrown;
      return { stopped: 'connection', error: thrown };
    }
  }

  async #sendLines(): Promise<void> {
    const { lines, pace, signal } = this.#options;
    for await (const block of lines) {
      for (let at = 0; at < block.length; ) {
        const granted = await pace.take(block.length - at, signal);
        for (const line of block.slice(at, at + granted)) {
          signal.throwIfAborted();
          const item = takeItem(this.#options, line);
          if (item === undefined) continue;
          if (!this.#link.up) await this.#recover();
          this.#publish(item);
          if (this.#isFull()) await this.#rotate();
          if (this.#nobodyListens) throw new BatchStop('nobody_listens');
        }
        at += granted;
        // Nobody knows when the next block comes, or the next grant.
        await this.#rotate();
      }
    }
  }

  #publish(item: SentItem): void {
    const { transport, tally } = this.#options;
    const window = this.#window;
    if (window.lines.length === 0) window.losses = this.#link.losses;
    try {
      window.bytes += this.#hand(item);
    } catch (thrown) {
      if (!isHeddleError(thrown) || thrown.code !== 'payload_too_large') throw thrown;
      refuse(this.#options, item.line, `is too large for ${transport.url}: ${thrown.message}`);
      return;
    }
    tally.published += 1;
    window.lines.push(item.line);
    window.subjects.push(item.subject);
    if (this.#keepsItems) window.items.push(item);
  }

  /** The bytes handed over. Small buffers come from a pool here; the client would allocate for each text. */
  #hand(item: Item): number {
    const reply = this.#probe.replyFor(item.line);
    const data = Buffer.from(item.text);
    this.#options.transport.publish(item.subject, data, reply === undefined ? undefined : { reply });
    return data.length;
  }

  /** The first message goes alone: when nobody listens, one is lost and not a thousand. */
  #isFull(): boolean {
    const { lines, bytes } = this.#window;
    if (!this.#probed) return lines.length > 0;
    return lines.length >= WINDOW_ITEMS || bytes >= WINDOW_BYTES;
  }

  async #rotate(): Promise<void> {
    const window = this.#window;
    if (window.lines.length === 0) return;
    this.#window = newWindow();
    this.#onTheWay.push({ window, flushed: this.#flush() });
    const most = this.#probed ? WINDOWS : 1;
    this.#probed = true;
    while (this.#onTheWay.length >= most) await this.#confirmOldest();
  }

  /** While the connection is away nothing can be confirmed, and nothing that was published before will be. */
  #flush(): Promise<HeddleError | undefined> {
    if (!this.#link.up) return Promise.resolve(new HeddleError('connection_lost', 'the connection is away'));
    return flushPublished(this.#options.transport).then(
      () => undefined,
      (thrown: HeddleError) => thrown,
    );
  }

  async #settle(): Promise<void> {
    await this.#rotate();
    while (this.#onTheWay.length > 0) await this.#confirmOldest();
  }

  async #confirmOldest(): Promise<void> {
    const oldest = this.#onTheWay[0];
    if (oldest === undefined) return;
    const error = await oldest.flushed;
    this.#onTheWay.shift();
    if (error === undefined && oldest.window.losses === this.#link.losses) return this.#confirm(oldest.window);
    if (error !== undefined && !error.code.startsWith('connection_')) {
      this.#markUncertain(oldest.window);
      throw error;
    }
    if (this.#options.onLost === 'resend') await this.#resend(oldest.window);
    else this.#markUncertain(oldest.window);
  }

  #confirm(window: Window): void {
    const { tally, journal, allowUnheard } = this.#options;
    tally.sent += window.lines.length;
    tally.bytes += window.bytes;
    const unheard = new Set<number>();
    if (this.#unheardNow.size > 0) {
      for (const line of window.lines) if (this.#unheardNow.delete(line)) unheard.add(line);
      for (const line of unheard) this.#unheard.add(line);
      this.#unheardSubject ??= window.subjects[window.lines.findIndex((line) => unheard.has(line))];
      tally.unheard += unheard.size;
      if (unheard.size > 0) this.#nobodyListens = !allowUnheard;
    }
    if (journal === undefined) return;
    for (const item of window.items) {
      if (!unheard.has(item.line)) journal.record(item.line, item.source, 'sent', item.id);
    }
  }

  async #resend(window: Window): Promise<void> {
    try {
      await this.#waitForLink();
    } catch (thrown) {
      this.#markUncertain(window);
      throw thrown;
    }
    const again: Window = { ...window, losses: this.#link.losses };
    for (const item of again.items) this.#hand(item);
    this.#onTheWay.unshift({ window: again, flushed: this.#flush() });
  }

  #markUncertain(window: Window): void {
    this.#options.tally.uncertain += window.lines.length;
    for (const line of window.lines) this.#uncertain.add(line);
  }

  /** What was published and not confirmed is settled before anything new is sent. */
  async #recover(): Promise<void> {
    await this.#settle();
    await this.#waitForLink();
  }

  async #waitForLink(): Promise<void> {
    await this.#link.whenUp(this.#options.patienceMs, this.#options.signal);
  }

  #giveUpRest(): void {
    for (const { window } of this.#onTheWay.splice(0)) this.#markUncertain(window);
    this.#markUncertain(this.#window);
    this.#window = newWindow();
  }
}

function newWindow(): Window {
  return { lines: [], subjects: [], items: [], bytes: 0, losses: 0 };
}
