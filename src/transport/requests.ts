import { HeddleError } from '../errors.ts';
import type { Clock, Timer } from '../time/clock.ts';
import type { Message, RequestManyOptions, RequestOptions, Subscription, Transport } from './transport.ts';

/** What asking stands on; any home of the bus has it. */
export type Asking = Pick<Transport, 'publish' | 'subscribe' | 'inbox' | 'onEvent' | 'closed'>;

/** One question and where its answers go. */
interface Question {
  readonly subject: string;
  /** `end` forgets the question. */
  answered(message: Message, end: () => void): void;
  failed(error: HeddleError, end: () => void): void;
}

interface Open extends Question {
  readonly end: () => void;
}

const NO_RESPONDERS = 503;

/**
 * Requests over one inbox for all: a subscription a request would cost the server two more lines each. Nothing is left
 * behind by one that ended early: its answers have nowhere to go.
 */
export class Requests {
  readonly #bus: Asking;
  readonly #clock: Clock;
  readonly #questions = new Map<string, Open>();
  #inbox: { readonly base: string; readonly subscription: Subscription } | undefined;
  #asked = 0;

  constructor(bus: Asking, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    bus.onEvent((event) => {
      if (event.kind !== 'permission' || event.operation !== 'publish') return;
      // The server does not say which of several; all to this subject share its fate.
      for (const question of [...this.#questions.values()]) {
        if (question.subject === event.subject) question.failed(event.error, question.end);
      }
    });
    void bus.closed.then((error) => this.#failAll(error ?? closedError()));
  }

  /** How many still wait for an answer. */
  get open(): number {
    return this.#questions.size;
  }

  one(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#ask(subject, data, options, {
        subject,
        answered: (message, end) => {
          end();
          if (isNobody(message)) reject(nobodyListens(subject));
          else resolve(message);
        },
        failed: (error, end) => {
          end();
          reject(error);
        },
      });
    });
  }

  async *many(subject: string, data: Uint8Array | string, options: RequestManyOptions): AsyncGenerator<Message> {
    const { max = Number.POSITIVE_INFINITY, stallMs } = options;
    if (max <= 0) return;
    const answers: Message[] = [];
    let failure: HeddleError | undefined;
    let complete = false;
    let wake = (): void => {};
    let stall: Timer | undefined;
    let received = 0;
    // Nothing is left behind from then on, even when nobody goes on with the iteration.
    const finish = (forget: () => void): void => {
      complete = true;
      this.#clock.cancel(stall);
      forget();
    };
    const end = this.#ask(subject, data, options, {
      subject,
      answered: (message, forget) => {
        this.#clock.cancel(stall);
        if (isNobody(message)) finish(forget);
        else {
          received += 1;
          answers.push(message);
          if (received >= max) finish(forget);
          // Counted from the first answer: how far away the nearest one is says nothing about how many there are.
          else if (stallMs !== undefined) {
            stall = this.#clock.after(stallMs, () => {
              finish(forget);
              wake();
            });
          }
        }
        wake();
      },
      failed: (error, forget) => {
        if (error.code !== 'timeout') failure = error;
        finish(forget);
        wake();
      },
    });
    try {
      while (true) {
        const next = answers.shift();
        if (next !== undefined) yield next;
        else if (complete) break;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      if (failure !== undefined) throw failure;
    } finally {
      this.#clock.cancel(stall);
      end();
    }
  }

  /** Sends a question. Returns the undo, to be called however it ends. */
  #ask(subject: string, data: Uint8Array | string, options: RequestOptions, question: Question): () => void {
    const { timeoutMs, headers, signal } = options;
    if (signal?.aborted) throw interrupted(subject);
    const base = this.#openInbox();
    this.#asked += 1;
    const token = this.#asked.toString(36);
    const timer = this.#clock.after(timeoutMs, () => question.failed(noAnswer(subject, timeoutMs), end));
    const abort = (): void => question.failed(interrupted(subject), end);
    const end = (): void => {
      this.#clock.cancel(timer);
      signal?.removeEventListener('abort', abort);
      this.#questions.delete(token);
    };
    this.#questions.set(token, { ...question, end });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      this.#bus.publish(subject, data, { reply: `${base}.${token}`, headers });
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  #openInbox(): string {
    if (this.#inbox !== undefined) return this.#inbox.base;
    const base = this.#bus.inbox();
    const subscription = this.#bus.subscribe(`${base}.*`, (message) => {
      const question = this.#questions.get(message.subject.slice(base.length + 1));
      question?.answered(message, question.end);
    });
    this.#inbox = { base, subscription };
    void subscription.closed.then((error) => {
      // The next request tries again: permissions can change.
      if (this.#inbox?.subscription === subscription) this.#inbox = undefined;
      this.#failAll(error ?? closedError());
    });
    return base;
  }

  #failAll(error: HeddleError): void {
    for (const question of [...this.#questions.values()]) question.failed(error, question.end);
  }
}

function isNobody(message: Message): boolean {
  return message.data.length === 0 && message.headers?.code === NO_RESPONDERS;
}

function nobodyListens(subject: string): HeddleError {
  return new HeddleError('nobody_listens', `nobody listens on ${JSON.stringify(subject)}`, {
    remedy: { do: 'start-responder' },
    retryable: true,
  });
}

function noAnswer(subject: string, timeoutMs: number): HeddleError {
  return new HeddleError('timeout', `no answer on ${JSON.stringify(subject)} within ${timeoutMs} ms`, {
    remedy: { do: 'raise-timeout', of: 'answer' },
    retryable: true,
  });
}

function interrupted(subject: string): HeddleError {
  return new HeddleError('interrupted', `the request to ${JSON.stringify(subject)} was interrupted`);
}

function closedError(): HeddleError {
  return new HeddleError('connection_closed', 'the connection was closed');
}
