import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { ackGraceMs, type Captured, capturedByStreams, mayCapture } from './captured.ts';
import { SharedFlush } from './flush.ts';
import { type HeardProbe, type Hearing, openHeardProbe } from './heard.ts';
import type { Prepared } from './prepared.ts';
import { type Receipt, receiptOf } from './receipt.ts';

/** What the server said of one message, and how long after it was published. */
export interface Arrival extends Hearing {
  readonly elapsedMs: number;
}

/** What happens to a message on its way, for who waits for its answer. */
export interface Steps {
  /** About to be published: nothing can have come back yet. */
  readonly leaving?: (() => void) | undefined;
  /** Published. */
  readonly left?: (() => void) | undefined;
  /** The server said that nobody listened. */
  readonly unheard?: (() => void) | undefined;
  /** Settles when it does not matter any more what a stream has to say. */
  readonly answered?: Promise<unknown> | undefined;
  /** What goes with it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface OnItsWay {
  /** Undefined as long as nothing came back. */
  hearing: Hearing | undefined;
  readonly steps: Steps;
  /** Something came back. */
  told: () => void;
}

/**
 * Publishes any number of messages over one connection and knows of each who was there. Loads nothing of what waiting
 * needs: a single message from a shell pays for this alone.
 */
export class Sender {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #flush: SharedFlush;
  readonly #onTheirWay = new Map<string, OnItsWay>();
  /** By subject; asked once, together with the first message to it. */
  readonly #captured = new Map<string, Promise<Captured>>();
  #probe: HeardProbe | undefined;
  #tokens = 0;

  constructor(transport: Transport, clock: Clock = systemClock) {
    this.#transport = transport;
    this.#clock = clock;
    this.#flush = new SharedFlush(transport);
  }

  /** Resolves when the server has every subscription made so far, the one for the news of who was there among them. */
  async ready(): Promise<void> {
    this.#openProbe();
    await this.#flush.flush();
  }

  /**
   * Publishes and waits until the server has it. Throws when the server refused it, or the connection was lost before it
   * confirmed: then the message may or may not have arrived.
   */
  async publish(subject: string, text: string, steps: Steps = {}): Promise<Arrival> {
    const probe = this.#openProbe();
    const token = String(this.#tokens++);
    const message: OnItsWay = { hearing: undefined, steps, told: () => {} };
    this.#onTheirWay.set(token, message);
    try {
      const begun = this.#clock.elapsed();
      const reply = probe.replyFor(token);
      steps.leaving?.();
      const { headers } = steps;
      const options = reply === undefined && headers === undefined ? undefined : { reply, headers };
      this.#transport.publish(subject, text, options);
      steps.left?.();
      if (reply !== undefined) this.#askWhatKeeps(subject);
      await this.#flush.flush();
      const elapsedMs = this.#clock.elapsed() - begun;
      if (!probe.usable) return { heard: 'unknown', elapsedMs };
      const hearing = message.hearing ?? (await this.#acknowledged(message, subject, elapsedMs)) ?? { heard: 'yes' };
      return { ...hearing, elapsedMs };
    } finally {
      this.#onTheirWay.delete(token);
    }
  }

  async send(prepared: Prepared, steps?: Steps): Promise<Receipt> {
    const arrival = await this.publish(prepared.subject, prepared.text, steps);
    return receiptOf(prepared, arrival, arrival.elapsedMs);
  }

  close(): void {
    this.#probe?.close();
  }

  #askWhatKeeps(subject: string): void {
    if (!mayCapture(this.#transport) || this.#captured.has(subject)) return;
    this.#captured.set(subject, capturedByStreams(this.#transport, subject));
  }

  /** Somebody took it. If that was a stream, it says so in a moment; if it may have been one that says nothing, nobody knows. */
  async #acknowledged(message: OnItsWay, subject: string, roundTripMs: number): Promise<Hearing | undefined> {
    const captured = this.#captured.get(subject);
    if (captured === undefined) return undefined;
    let answered = false;
    const told = new Promise<undefined>((resolve) => {
      message.told = () => resolve(undefined);
      void message.steps.answered?.then(() => {
        answered = true;
        resolve(undefined);
      });
    });
    const what = await Promise.race([told, captured]);
    if (what !== undefined) await within(this.#clock, told, ackGraceMs(this.#transport, what, roundTripMs));
    if (message.hearing !== undefined || answered || (what !== 'yes' && what !== 'silent')) return message.hearing;
    this.#captured.set(subject, Promise.resolve('silent'));
    return { heard: 'unknown' };
  }

  #openProbe(): HeardProbe {
    this.#probe ??= openHeardProbe(this.#transport, {
      unheard: (token) => {
        const message = this.#onTheirWay.get(token);
        if (message === undefined) return;
        message.hearing = { heard: 'no' };
        message.steps.unheard?.();
        message.told();
      },
      acknowledged: (token, storedBy) => {
        const message = this.#onTheirWay.get(token);
        // Nobody waits for it any more, so there is a stream that was not known of.
        if (message === undefined) return this.#captured.clear();
        message.hearing = { heard: 'unknown', storedBy };
        message.told();
      },
    });
    return this.#probe;
  }
}

/** One message; nothing stays open. */
export async function sendOnce(transport: Transport, prepared: Prepared, clock?: Clock): Promise<Receipt> {
  const sender = new Sender(transport, clock);
  try {
    return await sender.send(prepared);
  } finally {
    sender.close();
  }
}
