import type { HeddleError } from '../../errors.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import type { Prepared } from '../prepared.ts';
import type { Outcome, Progress } from './outcome.ts';

export interface ExpectOptions {
  /** From `sent()` on. */
  readonly timeoutMs: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Others may be answered on this subject: what cannot be read there is not taken for our answer. Default false. */
  readonly sharedSubject?: boolean | undefined;
  /** As Heddle does: an answer that is no result is passed over, and the wait goes on. Default false. */
  readonly passMalformed?: boolean | undefined;
  /** A result in a frame of generation C is an answer, though Heddle 0.9.2 reads none. Default false. */
  readonly acceptFrames?: boolean | undefined;
}

/** One task or goal whose answer is awaited. Made before publishing. */
export interface Expectation {
  readonly id: string;
  readonly outcome: Promise<Outcome>;
  /** How it ended, once it did. */
  readonly ended: Outcome | undefined;
  /** Starts the clock; called when the message is published. */
  sent(): void;
  /** The server said that nobody listened. */
  unheard(): void;
  /** Gives up waiting. */
  abandon(error: HeddleError): void;
}

/** What an expectation needs of whoever listens for it. */
export interface Listener {
  readonly clock: Clock;
  disconnections(): number;
  ended(expectation: OpenExpectation): void;
}

/** An expectation as its listener sees it. */
export class OpenExpectation implements Expectation {
  readonly id: string;
  readonly kind: 'task' | 'goal';
  readonly outcome: Promise<Outcome>;
  /** Answers that may still come: one for each time that this id was sent. Any beyond them is a second one. */
  answersDue: number;
  readonly #options: ExpectOptions;
  readonly #listener: Listener;
  #settle: (outcome: Outcome) => void = () => {};
  #begun: number;
  #timer: Timer | undefined;
  #ended: Outcome | undefined;
  #lastSeen: string | undefined;
  #disconnectionsBefore = 0;

  constructor(
    { id, kind }: Pick<Prepared, 'id' | 'kind'>,
    options: ExpectOptions,
    answersDue: number,
    listener: Listener,
  ) {
    this.id = id;
    this.kind = kind;
    this.answersDue = answersDue;
    this.#options = options;
    this.#listener = listener;
    this.#begun = listener.clock.elapsed();
    this.outcome = new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
    });
  }

  get sharedSubject(): boolean {
    return this.#options.sharedSubject ?? false;
  }

  get passMalformed(): boolean {
    return this.#options.passMalformed ?? false;
  }

  get acceptFrames(): boolean {
    return this.#options.acceptFrames ?? false;
  }

  get ended(): Outcome | undefined {
    return this.#ended;
  }

  get elapsedMs(): number {
    return this.#listener.clock.elapsed() - this.#begun;
  }

  sent(): void {
    const { clock, disconnections } = this.#listener;
    this.#begun = clock.elapsed();
    this.#disconnectionsBefore = disconnections();
    this.#timer = clock.after(this.#options.timeoutMs, () => this.#timedOut());
  }

  unheard(): void {
    this.end({ kind: 'unheard', id: this.id, elapsedMs: this.elapsedMs });
  }

  abandon(error: HeddleError): void {
    this.end({ kind: 'lost', id: this.id, error, elapsedMs: this.elapsedMs });
  }

  progress(progress: Progress): void {
    this.#lastSeen = inWords(progress) ?? this.#lastSeen;
    this.#options.onProgress?.(progress);
  }

  end(outcome: Outcome): void {
    if (this.#ended !== undefined) return;
    this.#ended = outcome;
    this.#listener.clock.cancel(this.#timer);
    this.#listener.ended(this);
    this.#settle(outcome);
  }

  #timedOut(): void {
    const { id, elapsedMs } = this;
    const { timeoutMs } = this.#options;
    const disconnections = this.#listener.disconnections() - this.#disconnectionsBefore;
    this.end({ kind: 'timeout', id, timeoutMs, elapsedMs, lastSeen: this.#lastSeen, disconnections });
  }
}

function inWords(progress: Progress): string | undefined {
  const at = `after ${progress.atMs < 10 ? progress.atMs.toFixed(1) : Math.round(progress.atMs)} ms`;
  switch (progress.kind) {
    case 'stage':
      return `a stage result of "${progress.result.worker_type}" (${progress.result.status}) ${at}`;
    case 'status':
      return `status "${progress.status}" ${at}`;
    case 'stage_refused':
      return `a stage task refused by the router (${progress.reason}) ${at}`;
    case 'foreign':
      return `a message that is no result (${progress.problem}) ${at}`;
    case 'late':
    case 'duplicate':
      return undefined;
  }
}
