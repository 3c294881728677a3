import type { HeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { WorkerCounts, WorkerEvent } from './events.ts';
import { thrownWords } from './handler-words.ts';
import type { Performer } from './performer.ts';
import { checkSettings, type WorkerSettings } from './settings.ts';

/** What a worker needs wherever its tasks come from. */
export interface LifeOptions {
  readonly settings: WorkerSettings;
  readonly performer: Performer;
  /** Default: that of the settings. */
  readonly tier?: string | undefined;
  /** Reads the config again, on demand. */
  readonly reload?: (() => Promise<WorkerSettings>) | undefined;
  readonly log?: ((event: WorkerEvent) => void) | undefined;
}

/** How it takes its tasks: what it has to do before it ends. */
export interface Taking {
  readonly running: () => number;
  readonly waiting: () => number;
  /** Takes nothing more and finishes what it has. `left`: of the grace, in milliseconds. */
  readonly finish: (graceMs: number, left: () => number) => Promise<void>;
}

export interface Ending {
  /** A second call only waits for the first. */
  stop(graceMs: number): Promise<WorkerCounts>;
  /** Whether that was called, and it does not end by itself. */
  wasAsked(): boolean;
}

/** A worker, but for where its tasks come from and its results go: settings that may be read again, counts, words, the end. */
export interface WorkerLife {
  readonly name: string;
  readonly tier: string;
  /** Those in force now. */
  settings(): WorkerSettings;
  readonly counts: { -readonly [Key in keyof WorkerCounts]: WorkerCounts[Key] };
  log(event: WorkerEvent): void;
  /** True when a new config is in force, false when the old one stays. One after the other. */
  reload(): Promise<boolean>;
  /** Makes the handler as it was before its task. */
  reset(taskId: string): Promise<void>;
  /** Ends by itself when the handler gives up: what still waits fails at once, and other replicas get the rest. */
  ending(taking: Taking): Ending;
}

const GIVEN_UP_MS = 2_000;
/** For a handler to end, whatever is left. */
const HANDLER_LEAST_MS = 100;

/** Throws for settings that cannot be. */
export function lifeOf({ performer, reload: read, ...options }: LifeOptions, clock: Clock): WorkerLife {
  let { settings } = options;
  const { name } = settings;
  const tier = options.tier ?? settings.tier;
  checkSettings(settings, tier);
  const counts = { taken: 0, completed: 0, failed: 0, skipped: 0, unconfirmed: 0, unsent: 0, unheard: 0 };
  const log = (event: WorkerEvent): void => {
    try {
      options.log?.(event);
    } catch {
      // It is somebody else's, and there is nowhere to say so; it must not cost the task that it is about.
    }
  };

  const readAgain = async (): Promise<boolean> => {
    try {
      const found = (await read?.()) ?? settings;
      checkSettings(found, tier);
      settings = { ...found, name };
      log({ kind: 'config_reloaded', timeoutMs: settings.timeoutMs, restartFor: found.name === name ? [] : ['name'] });
      return true;
    } catch (thrown) {
      log({ kind: 'reload_refused', reason: thrownWords(thrown) });
      return false;
    }
  };
  let reloading: Promise<unknown> = Promise.resolve();

  const ending = ({ running, waiting, finish }: Taking): Ending => {
    let stopping: Promise<WorkerCounts> | undefined;
    let asked = false;
    const end = async (graceMs: number, reason: HeddleError | undefined): Promise<WorkerCounts> => {
      const from = clock.elapsed();
      const left = (): number => Math.max(0, graceMs - (clock.elapsed() - from));
      log({ kind: 'worker_stopping', running: running(), waiting: waiting(), graceMs, reason });
      await finish(graceMs, left);
      try {
        await performer.stop(Math.max(left(), HANDLER_LEAST_MS));
      } finally {
        log({ kind: 'worker_stopped', ...counts });
      }
      return counts;
    };
    void performer.gaveUp.then((error) => {
      stopping ??= end(GIVEN_UP_MS, error);
    });
    return {
      stop: (graceMs) => {
        asked = true;
        stopping ??= end(graceMs, undefined);
        return stopping;
      },
      wasAsked: () => asked,
    };
  };

  return {
    name,
    tier,
    settings: () => settings,
    counts,
    log,
    reload: () => {
      const after = reloading.then(readAgain);
      reloading = after;
      return after;
    },
    reset: async (taskId) => {
      try {
        await performer.reset();
      } catch (thrown) {
        log({ kind: 'reset_failed', taskId, reason: thrownWords(thrown) });
      }
    },
    ending,
  };
}
