import { ALL_TASKS } from '../../contract/subjects.ts';
import { ackGraceMs, capturedByStreams, mayCapture } from '../../delivery/captured.ts';
import { type HeardProbe, openHeardProbe } from '../../delivery/heard.ts';
import { type Link, watchLink } from '../../delivery/link.ts';
import { isHeddleError } from '../../errors.ts';
import { turn } from '../../time/turn.ts';
import { within } from '../../time/wait.ts';
import { type BatchEnd, type BatchOptions, BatchStop } from './batch.ts';
import { Departures } from './departures.ts';
import { Findings } from './findings.ts';
import { type SentItem, takeLots } from './intake.ts';
import { Outgoing } from './outgoing.ts';
import { refuseWrongCounts } from './tally.ts';
import type { Desk, Way } from './way.ts';

/** After a signal: how long the server may take to confirm what it has. Then that is uncertain. */
const LAST_CONFIRMATIONS_MS = 2_000;

/** Sends every line, and sees each to its end in the way given. */
export async function runBatch(options: BatchOptions, wayOf: (desk: Desk) => Way): Promise<BatchEnd> {
  const batch = new Batch(options, wayOf);
  try {
    return await batch.run();
  } finally {
    batch.close();
  }
}

class Batch {
  readonly #options: BatchOptions;
  readonly #way: Way;
  readonly #link: Link;
  readonly #probe: HeardProbe;
  readonly #outgoing: Outgoing;
  readonly #departures: Departures;
  readonly #findings: Findings;
  /** All that was published on. */
  #pattern: string | undefined;
  #nobodyListens = false;
  #stopping = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(options: BatchOptions, wayOf: (desk: Desk) => Way) {
    const { transport, clock, signal } = options;
    this.#options = options;
    this.#findings = new Findings(options.tally);
    this.#link = watchLink(transport, clock);
    this.#way = wayOf({
      moved: () => this.#wake(),
      fail: (thrown) => this.#fail(thrown),
      uncertain: (item) => this.#findings.uncertain(item),
      unheard: (item) => this.#unheard(item),
      because: (outcome, reason) => this.#findings.because(outcome, reason),
    });
    this.#probe = openHeardProbe(transport, {
      unheard: (token) => this.#way.unheard(Number(token)),
      acknowledged: (_, stream) => {
        if (stream !== undefined) this.#findings.stored(stream);
        this.#wake();
      },
    });
    this.#departures = new Departures({
      transport,
      clock,
      link: this.#link,
      probe: this.#probe,
      again: this.#way.resends,
      confirmed: (window) => this.#way.confirmed(window),
      lost: (window) => this.#way.lost(window),
      refused: (window, error) => {
        this.#way.uncertain(window);
        this.#fail(error);
      },
      moved: () => this.#wake(),
    });
    this.#outgoing = new Outgoing({
      options,
      way: this.#way,
      link: this.#link,
      departures: this.#departures,
      fail: (thrown) => this.#fail(thrown),
      moved: () => this.#wake(),
    });
    signal.addEventListener('abort', this.#aborted, { once: true });
  }

  readonly #aborted = (): void => this.#wake();

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#aborted);
    this.#probe.close();
    this.#way.close();
    this.#link.close();
  }

  async run(): Promise<BatchEnd> {
    const { clock, tally, journal } = this.#options;
    const begun = clock.elapsed();
    const { at, ...ending } = await this.#runToEnd();
    refuseWrongCounts(tally, this.#way.waits);
    await journal?.flushed();
    const failure = journal?.failure;
    tally.unwritten = journal?.unwritten.count ?? 0;
    return {
      ...(failure === undefined ? ending : { stopped: 'journal', error: failure }),
      unwritten: journal?.unwritten.lines,
      ...this.#findings.all,
      elapsedMs: at - begun,
    };
  }

  async #runToEnd(): Promise<Ending> {
    const { clock } = this.#options;
    try {
      await this.#sendLines();
      await this.#seen(() => this.#confirmed && this.#way.idle);
      const at = clock.elapsed();
      await this.#lastAcknowledgements();
      await this.#way.afterwards();
      this.#giveUp();
      return { stopped: this.#nobodyListens ? 'nobody_listens' : 'end_of_input', at };
    } catch (thrown) {
      await this.#stop(thrown);
      this.#giveUp();
      return { ...this.#endingFor(thrown), at: clock.elapsed() };
    }
  }

  async #sendLines(): Promise<void> {
    for await (const { items, stop } of takeLots(this.#options)) {
      for (let at = 0; at < items.length; ) {
        // The first goes alone: when nobody listens, one task is lost and not a thousand.
        const first = this.#options.tally.published === 0;
        const room = first ? Math.min(1, await this.#roomToSend()) : await this.#roomToSend();
        const begun = this.#outgoing.begin(items.slice(at, at + room));
        at += room;
        if (first) await this.#outgoing.ready(begun.items);
        this.#outgoing.send(begun.items);
        for (const { subject } of begun.items) if (subject !== this.#pattern) this.#widenPattern(subject);
        if (begun.stop !== undefined) throw begun.stop;
        if (first) await this.#seen(() => this.#confirmed);
      }
      if (this.#nobodyListens) throw new BatchStop('nobody_listens');
      if (stop !== undefined) throw stop;
    }
  }

  /** How many may be begun, at least one; waits for that. */
  async #roomToSend(): Promise<number> {
    // A look at the network between two lots: what is confirmed meanwhile is on its way no longer.
    if (this.#departures.unconfirmed > 0) await turn();
    let room = 0;
    await this.#seen(() => {
      if (this.#nobodyListens) throw new BatchStop('nobody_listens');
      const { journal } = this.#options;
      if (journal?.failure !== undefined) throw new BatchStop('journal', journal.failure);
      room = Math.min(this.#way.room, this.#departures.room - this.#outgoing.waiting);
      return room > 0;
    }, true);
    return room;
  }

  /** Is everything that was begun published, and confirmed or looked after? */
  get #confirmed(): boolean {
    return this.#outgoing.waiting === 0 && this.#departures.unconfirmed === 0 && !this.#departures.owes;
  }

  /** Resolves when `done`; looks after what the connection lost meanwhile, and, to send more, after the connection. */
  async #seen(done: () => boolean, sending = false): Promise<void> {
    for (;;) {
      this.#throwIfOver();
      if (this.#departures.owes || this.#outgoing.holds || (sending && !this.#link.up)) await this.#recover();
      else if (done()) return;
      else await this.#moved();
    }
  }

  /** What was published and not confirmed is settled before anything new is sent. */
  async #recover(): Promise<void> {
    const { patienceMs, signal } = this.#options;
    while (this.#departures.unconfirmed > 0) {
      await this.#moved();
      this.#throwIfOver();
    }
    await this.#link.whenUp(patienceMs, signal);
    this.#departures.resend();
    this.#outgoing.release();
  }

  #moved(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #throwIfOver(): void {
    this.#options.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(thrown: unknown): void {
    // What follows from an end that is under way is no other end.
    if (this.#stopping && thrown instanceof BatchStop) return;
    this.#failure ??= thrown;
    this.#outgoing.close();
    this.#wake();
  }

  /** Whatever ended it: what is on its way is seen through, as far as that can be. */
  async #stop(thrown: unknown): Promise<void> {
    this.#stopping = true;
    this.#failure = undefined;
    if (thrown instanceof BatchStop) await this.#seen(() => this.#confirmed && this.#way.idle).catch(() => {});
    this.#outgoing.close();
    const confirmations = async (): Promise<void> => {
      while (this.#departures.unconfirmed > 0) await this.#moved();
    };
    await within(this.#options.clock, confirmations(), LAST_CONFIRMATIONS_MS);
  }

  #endingFor(thrown: unknown): Omit<Ending, 'at'> {
    if (thrown instanceof BatchStop) return { stopped: thrown.why, error: thrown.error };
    if (this.#options.signal.aborted) return { stopped: 'interrupted' };
    if (!isHeddleError(thrown) || !thrown.code.startsWith('connection_')) throw thrown;
    return { stopped: 'connection', error: thrown };
  }

  /** What is left is counted as what it is; nothing that comes later counts. */
  #giveUp(): void {
    this.#outgoing.close();
    this.#outgoing.withdrawAll();
    for (const window of this.#departures.abandon()) this.#way.uncertain(window);
    this.#way.giveUp();
  }

  #widenPattern(subject: string): void {
    // Goals go to one subject, so those of several are tasks.
    this.#pattern = this.#pattern === undefined ? subject : ALL_TASKS;
  }

  #unheard(item: SentItem): void {
    this.#findings.unheard(item);
    if (this.#options.allowUnheard) return;
    this.#nobodyListens = true;
    this.#outgoing.close();
  }

  /** A stream may say a moment later that it has them. Where answers were awaited, that moment is long over. */
  async #lastAcknowledgements(): Promise<void> {
    const { transport, clock, tally } = this.#options;
    const open = (): boolean => tally.stored < tally.sent - tally.unheard;
    if (this.#way.waits || this.#pattern === undefined || !mayCapture(transport) || !open()) return;
    const captured = await capturedByStreams(transport, this.#pattern);
    const all = async (): Promise<void> => {
      while (open()) await this.#moved();
    };
    await within(clock, all(), ackGraceMs(transport, captured, this.#departures.roundTripMs));
  }
}

type Ending = Pick<BatchEnd, 'stopped' | 'error'> & { readonly at: number };
