import { flushPublished } from '../delivery/flush.ts';
import { type Fate, fateOf } from '../delivery/heard.ts';
import { type Link, watchLink } from '../delivery/link.ts';
import type { Prepared } from '../delivery/prepared.ts';
import { type Arrival, Sender, type Steps } from '../delivery/sender.ts';
import { isHeddleError } from '../errors.ts';
import { problem } from '../http/problem.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { Departures } from './departures.ts';
import type { Listeners } from './listeners.ts';
import { gatewayProblem, RETRY_AFTER_S } from './problems.ts';

/** How long a message may be without the server's word before nobody is told any more that it was sent. */
const PATIENCE_MS = 10_000;

/** Between two looks for those who come back after us. */
const RETRY_MS = 250;

const NEVER = new AbortController().signal;

/** Publishes, and tells only what is known. */
export class GatewayBus {
  readonly transport: Transport;
  readonly #clock: Clock;
  readonly #sender: Sender;
  readonly #link: Link;
  readonly #listeners: Listeners;
  readonly #departures: Departures;
  readonly #isUp = (): void => this.requireUp();

  constructor(transport: Transport, listeners: Listeners, clock: Clock) {
    this.transport = transport;
    this.#clock = clock;
    this.#listeners = listeners;
    this.#sender = new Sender(transport, clock);
    this.#departures = new Departures(this.#sender, clock, { ms: PATIENCE_MS, over: () => unconfirmed() });
    this.#link = watchLink(transport, clock);
  }

  get up(): boolean {
    return this.#link.up;
  }

  /** Throws `bus_down` at once: what is published while the connection is away would be sent later, unasked. */
  requireUp(): void {
    if (!this.up) throw busDown();
  }

  /**
   * Whatever is thrown, and is not `unconfirmed`, was not published. When the connection breaks before the server's word
   * came, the same bytes are published again once it is back: a receiver may see them twice, under one id.
   */
  async send(prepared: Prepared, steps: Steps = {}): Promise<Fate> {
    const endsAt = this.#clock.elapsed() + PATIENCE_MS;
    const left = (): number => endsAt - this.#clock.elapsed();
    let sent = false;
    const noteSent = (): void => {
      sent = true;
    };
    for (;;) {
      // Only watchers would see it: whoever asked is told before anything is sent.
      const deserted = this.#listeners.isSurelyActed(prepared.subject)
        ? false
        : await this.#listeners.isDeserted(prepared.subject);
      if (!sent && deserted) throw nobodyListens(prepared.subject);
      const before = sent;
      try {
        const arrival = deserted
          ? undefined
          : await this.#publish(prepared, steps, noteSent, before ? left() : undefined);
        if (arrival !== undefined && !(before && arrival.heard === 'no')) return this.#told(prepared, arrival);
      } catch (thrown) {
        if (!isLost(thrown)) throw refused(thrown);
        if (!sent) throw busDown(thrown);
        await this.#link.whenUp(Math.max(1, left()), NEVER).catch((cause: unknown) => {
          throw unconfirmed(cause);
        });
        continue;
      }
      // It was sent once, nobody knows how far it came, and those who listen are not back yet.
      if (left() <= RETRY_MS) throw unconfirmed();
      await sleep(this.#clock, RETRY_MS);
    }
  }

  /**
   * For what goes to whoever listens, and be it nobody. Resolves when the server has it. Throws `bus_down` when it was not sent, and
   * `unconfirmed` when nobody knows.
   */
  async deliver(subject: string, text: string): Promise<void> {
    let sent = false;
    const left = (): void => {
      sent = true;
    };
    try {
      await this.#departures.publish(subject, text, { left, unasked: true }, this.#isUp);
    } catch (thrown) {
      if (!isLost(thrown)) throw refused(thrown);
      throw sent ? unconfirmed(thrown) : busDown(thrown);
    }
  }

  /** Resolves when the server has every subscription that was made. */
  async ready(): Promise<void> {
    this.requireUp();
    await flushPublished(this.transport).catch((cause: unknown) => {
      throw isLost(cause) ? busDown(cause) : refused(cause);
    });
  }

  close(): void {
    this.#sender.close();
    this.#link.close();
    this.#listeners.close();
  }

  #publish(
    { subject, text }: Prepared,
    given: Steps,
    noteSent: () => void,
    again: number | undefined,
  ): Promise<Arrival> {
    const left =
      given.left === undefined
        ? noteSent
        : () => {
            noteSent();
            given.left?.();
          };
    // Where no stream is, nobody waits for the word of one.
    const answered = this.#listeners.mayBeKept(subject) ? given.answered : 'now';
    const steps = { leaving: given.leaving, unheard: given.unheard, left, answered };
    if (again !== undefined) return this.#departures.publishAgain(subject, text, steps, again);
    return this.#departures.publish(subject, text, steps, this.#isUp);
  }

  #told({ subject }: Prepared, arrival: Arrival): Fate {
    const fate = fateOf(arrival);
    if (fate === 'no') throw nobodyListens(subject);
    return fate === 'stored' && this.#listeners.acts(subject) === true ? 'seen' : fate;
  }
}

function isLost(thrown: unknown): boolean {
  return isHeddleError(thrown) && (thrown.code === 'connection_lost' || thrown.code === 'connection_closed');
}

/** What is not to be had now. Why, as far as whoever asked is concerned: an outage is over soon, a right that is missing is not. */
export function busDown(cause?: unknown) {
  const [detail, hint] =
    isHeddleError(cause) && cause.code === 'permission_denied'
      ? [
          'the bus does not allow the gateway what this takes; nothing was sent',
          'Whoever runs the gateway finds the reason in its log.',
        ]
      : ['the bus cannot be reached now; nothing was sent', 'Send the same again later.'];
  return gatewayProblem('bus_down', { detail, hint, retryAfterS: RETRY_AFTER_S, cause });
}

function unconfirmed(cause?: unknown) {
  return gatewayProblem('unconfirmed', {
    detail: 'the bus did not confirm that it has this: it may have arrived or not',
    hint: 'With an idempotency key, or the id of a delivery, the same sent again keeps its id; without one it is new work.',
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

function nobodyListens(subject: string) {
  return gatewayProblem('nobody_listens', {
    detail: `nobody listens on ${subject}; nothing was taken`,
    hint: subject.startsWith('heddle.goals') ? 'Start a pipeline or an orchestrator.' : 'Start a router.',
    retryAfterS: RETRY_AFTER_S,
  });
}

function refused(thrown: unknown): unknown {
  if (!isHeddleError(thrown)) return thrown;
  if (thrown.code === 'payload_too_large') return problem('body_too_large', { detail: thrown.message, cause: thrown });
  if (thrown.code === 'permission_denied') return busDown(thrown);
  return thrown;
}
