import type { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { ackGraceMs, type Captured, capturedByStreams, mayCapture } from './captured.ts';
import { flushTo, SharedFlush } from './flush.ts';
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
  /** Settles when it does not matter any more what a stream has to say; `now`: it never did. */
  readonly answered?: Promise<unknown> | 'now' | undefined;
  /** It goes to whoever listens, and nobody wants to know who that was: `heard` is `unknown`, and the server is asked for nothing. */
  readonly unasked?: boolean | undefined;
  /** What goes with it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** One of many messages, and who is told what became of it. */
export interface Parcel {
  readonly subject: string;
  readonly text: string;
  readonly steps: Steps;
  arrived(arrival: Arrival): void;
  /** As `publish` throws. */
  failed(thrown: unknown): void;
}

/** A message that was handed to the connection. */
interface OnItsWay {
  readonly token: string;
  readonly subject: string;
  readonly begun: number;
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
    const message = this.#post(subject, text, steps);
    try {
      const refused = await flushTo(this.#transport, new Set([subject]), () => this.#flush.flush());
      const refusal = refused.get(subject);
      if (refusal !== undefined) throw refusal;
      return await this.#arrivalOf(message);
    } finally {
      this.#onTheirWay.delete(message.token);
    }
  }

  /**
   * The same for many at once, which leave in one write and share the word of the server: each costs a part of what it would alone.
   * Tells of each by itself, and throws nothing; `landed`, once, before them, when the server has had its word about all.
   */
  publishAll(parcels: readonly Parcel[], landed: () => void = () => {}): void {
    const posted: { readonly parcel: Parcel; readonly message: OnItsWay }[] = [];
    for (const parcel of parcels) {
      try {
        posted.push({ parcel, message: this.#post(parcel.subject, parcel.text, parcel.steps) });
      } catch (thrown) {
        parcel.failed(thrown);
      }
    }
    if (posted.length === 0) return landed();
    flushTo(this.#transport, new Set(posted.map(({ message }) => message.subject))).then(
      (refused) => {
        landed();
        for (const { parcel, message } of posted) this.#tell(parcel, message, refused.get(message.subject));
      },
      (thrown: unknown) => {
        landed();
        for (const { parcel, message } of posted) {
          this.#onTheirWay.delete(message.token);
          parcel.failed(thrown);
        }
      },
    );
  }

  #tell(parcel: Parcel, message: OnItsWay, refusal: HeddleError | undefined): void {
    if (refusal !== undefined) {
      this.#onTheirWay.delete(message.token);
      return parcel.failed(refusal);
    }
    const arrival = this.#arrivalOf(message);
    if (!(arrival instanceof Promise)) {
      this.#onTheirWay.delete(message.token);
      return parcel.arrived(arrival);
    }
    void arrival
      .then(
        (each) => parcel.arrived(each),
        (thrown: unknown) => parcel.failed(thrown),
      )
      .finally(() => this.#onTheirWay.delete(message.token));
  }

  #post(subject: string, text: string, steps: Steps): OnItsWay {
    const probe = this.#openProbe();
    const token = String(this.#tokens++);
    const message: OnItsWay = {
      token,
      subject,
      begun: this.#clock.elapsed(),
      hearing: undefined,
      steps,
      told: nobodyToTell,
    };
    this.#onTheirWay.set(token, message);
    const reply = steps.unasked === true ? undefined : probe.replyFor(token);
    steps.leaving?.();
    try {
      const { headers } = steps;
      const options = reply === undefined && headers === undefined ? undefined : { reply, headers };
      this.#transport.publish(subject, text, options);
    } catch (thrown) {
      this.#onTheirWay.delete(token);
      throw thrown;
    }
    steps.left?.();
    if (reply !== undefined && steps.answered !== 'now') this.#askWhatKeeps(subject);
    return message;
  }

  /** After a flush that began when it had left. A promise only where a stream may have something to say. */
  #arrivalOf(message: OnItsWay): Arrival | Promise<Arrival> {
    const elapsedMs = this.#clock.elapsed() - message.begun;
    if (this.#probe?.usable !== true || message.steps.unasked === true) return { heard: 'unknown', elapsedMs };
    if (message.hearing !== undefined) return { ...message.hearing, elapsedMs };
    const captured = this.#captured.get(message.subject);
    if (captured === undefined || message.steps.answered === 'now') return { heard: 'yes', elapsedMs };
    return this.#acknowledged(message, captured, elapsedMs).then((hearing = { heard: 'yes' }) => ({
      ...hearing,
      elapsedMs,
    }));
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
  async #acknowledged(
    message: OnItsWay,
    captured: Promise<Captured>,
    roundTripMs: number,
  ): Promise<Hearing | undefined> {
    let answered = false;
    const told = new Promise<undefined>((resolve) => {
      message.told = () => resolve(undefined);
      const over = message.steps.answered;
      if (typeof over !== 'object') return;
      void over.then(() => {
        answered = true;
        resolve(undefined);
      });
    });
    const what = await Promise.race([told, captured]);
    if (what !== undefined) await within(this.#clock, told, ackGraceMs(this.#transport, what, roundTripMs));
    if (message.hearing !== undefined || answered || (what !== 'yes' && what !== 'silent')) return message.hearing;
    this.#captured.set(message.subject, Promise.resolve('silent'));
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

function nobodyToTell(): void {}

/** One message; nothing stays open. */
export async function sendOnce(transport: Transport, prepared: Prepared, clock?: Clock): Promise<Receipt> {
  const sender = new Sender(transport, clock);
  try {
    return await sender.send(prepared);
  } finally {
    sender.close();
  }
}
