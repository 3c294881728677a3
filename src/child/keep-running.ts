import { type Clock, systemClock } from '../time/clock.ts';
import { type Ending, endProgram, type Hearing, type Program, type ProgramOptions, startProgram } from './program.ts';
import { DEFAULT_RESTARTS, type RestartPolicy, restarts } from './restart-policy.ts';

export interface KeepOptions extends Omit<ProgramOptions, 'clock'> {
  readonly restart?: Partial<RestartPolicy> | undefined;
  readonly clock?: Pick<Clock, 'elapsed' | 'after' | 'cancel'> | undefined;
}

/** What a program beside ours may write in one line, and leave unread of what we write, in bytes: it says what happens, and no more. */
export const HELPER_LIMITS = { maxLine: 256 * 1024, maxUnread: 1024 * 1024 } as const;

const STOPPED = 'it was stopped';

/** One life of the program. */
export interface Run {
  readonly program: Program;
  /** It did what it is for: when it dies now, that was no early death. */
  proven(): void;
}

export interface Death extends Ending {
  /** The way it ended and its last words, for people. */
  readonly because: string;
  /** It was told to end, or another has taken its place. */
  readonly expected: boolean;
  /** The pause before the next start; undefined: there is none. */
  readonly restartMs: number | undefined;
}

/** Whoever deals with one life of the program: what it says, and its end. */
export interface Attendant extends Hearing {
  died(death: Death): void;
}

export interface Kept<A extends Attendant> {
  /** The attendant of the life that takes work now; waits for a start that is due. Rejects when there will be none. */
  current(): Promise<A>;
  /** Starts the next life at once. The one before goes on until it ends by itself or is ended; it has no successor. */
  replace(attendant: A): void;
  /** Input ended, SIGTERM, SIGKILL, each a third of the time after the other. Resolves when every life is over. */
  stop(withinMs: number): Promise<void>;
  /** At once, without waiting for anything. */
  kill(): void;
  /** Settles, in words, when it is not started again; never otherwise. */
  readonly gaveUp: Promise<string>;
}

/**
 * Keeps a program running: started again when it dies, after pauses that grow with early deaths, until there were too many of
 * these in a row. Resolves when it runs; rejects when its first start fails.
 */
export async function keepRunning<A extends Attendant>(
  options: KeepOptions,
  attend: (run: Run) => A,
): Promise<Kept<A>> {
  const { clock = systemClock } = options;
  const policy = { ...DEFAULT_RESTARTS, ...options.restart };
  const history = restarts(policy);
  const lives = new Map<A, Program>();
  const replaced = new Set<A>();
  let stopping = false;
  let wake: (() => void) | undefined;
  let giveUp: (words: string) => void = () => {};
  const gaveUp = new Promise<string>((resolve) => {
    giveUp = resolve;
  });

  const launch = async (): Promise<A> => {
    if (stopping) throw new Error(STOPPED);
    let life: A | undefined;
    const program = await startProgram(options, (program) => {
      const startedAt = clock.elapsed();
      let proven = false;
      const run: Run = {
        program,
        proven: () => {
          proven = true;
        },
      };
      const attendant = attend(run);
      life = attendant;
      lives.set(attendant, program);
      void program.ended.then((ending) => {
        bury(attendant, program, ending, proven || clock.elapsed() - startedAt >= policy.healthyAfterMs);
      });
      return attendant;
    });
    // Stopped between its start and here: whoever stops waits for it.
    if (stopping) program.end('SIGKILL');
    return life as A;
  };

  const bury = (attendant: A, program: Program, ending: Ending, healthy: boolean): void => {
    lives.delete(attendant);
    const expected = replaced.delete(attendant) || stopping;
    const lastWords = program.lastWords();
    const because = lastWords === '' ? ending.how : `${ending.how}: ${lastWords}`;
    const restartMs = expected ? undefined : history.died(healthy);
    if (restartMs !== undefined) follow(restartMs);
    else if (!expected) {
      abandon(`${JSON.stringify(options.command[0])} ended ${history.early} times in quick succession (${because})`);
    }
    attendant.died({ ...ending, because, expected, restartMs });
  };

  const follow = (afterMs: number): void => {
    next = pause(afterMs).then(launch);
    next.catch((thrown: unknown) => {
      if (!stopping) abandon(thrown instanceof Error ? thrown.message : String(thrown));
    });
  };

  const abandon = (words: string): void => {
    next = Promise.reject(new Error(words));
    next.catch(() => {});
    giveUp(words);
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = clock.after(ms, resolve);
      wake = () => {
        clock.cancel(timer);
        resolve();
      };
    });

  let next = launch();
  await next;
  return {
    current: () => (stopping ? Promise.reject(new Error(STOPPED)) : next),
    replace(attendant) {
      if (replaced.has(attendant) || !lives.has(attendant)) return;
      replaced.add(attendant);
      follow(0);
    },
    async stop(withinMs) {
      stopping = true;
      wake?.();
      await next.catch(() => {});
      const times = { termAfterMs: withinMs / 3, killAfterMs: (withinMs * 2) / 3 };
      await Promise.all([...lives.values()].map((program) => endProgram(program, times, clock)));
    },
    kill() {
      stopping = true;
      wake?.();
      for (const program of lives.values()) program.end('SIGKILL');
    },
    gaveUp,
  };
}
