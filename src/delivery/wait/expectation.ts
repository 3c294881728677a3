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

/** An expectation as its listener sees it. */
export interface OpenExpectation extends Expectation {
  readonly kind: 'task' | 'goal';
  readonly sharedSubject: boolean;
  readonly passMalformed: boolean;
  readonly acceptFrames: boolean;
  /** Answers that may still come: one for each time that this id was sent. Any beyond them is a second one. */
  answersDue: number;
  readonly elapsedMs: number;
  progress(progress: Progress): void;
  end(outcome: Outcome): void;
}

export function openExpectation(
  prepared: Pick<Prepared, 'id' | 'kind'>,
  options: ExpectOptions,
  answersDue: number,
  world: { clock: Clock; disconnections: () => number; ended: () => void },
): OpenExpectation {
  const { id, kind } = prepared;
  const { clock } = world;
  let begun = clock.elapsed();
  let timer: Timer | undefined;
  let ended: Outcome | undefined;
  let lastSeen: string | undefined;
  let disconnectionsBefore = 0;
  let settle: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  const elapsed = (): number => clock.elapsed() - begun;
  const end = (value: Outcome): void => {
    if (ended !== undefined) return;
    ended = value;
    clock.cancel(timer);
    world.ended();
    settle(value);
  };
  return {
    id,
    kind,
    sharedSubject: options.sharedSubject ?? false,
    passMalformed: options.passMalformed ?? false,
    acceptFrames: options.acceptFrames ?? false,
    answersDue,
    outcome,
    get ended() {
      return ended;
    },
    get elapsedMs() {
      return elapsed();
    },
    sent: () => {
      begun = clock.elapsed();
      disconnectionsBefore = world.disconnections();
      timer = clock.after(options.timeoutMs, () => {
        const disconnections = world.disconnections() - disconnectionsBefore;
        end({ kind: 'timeout', id, timeoutMs: options.timeoutMs, elapsedMs: elapsed(), lastSeen, disconnections });
      });
    },
    unheard: () => end({ kind: 'unheard', id, elapsedMs: elapsed() }),
    abandon: (error) => end({ kind: 'lost', id, error, elapsedMs: elapsed() }),
    progress: (progress) => {
      lastSeen = inWords(progress) ?? lastSeen;
      options.onProgress?.(progress);
    },
    end,
  };
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
