import { systemUuid } from '../contract/ids.ts';
import type { TakenTask } from '../contract/taken-task.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { TaskIds, WorkerCounts, WorkerEvent } from './events.ts';
import { taskLog, thrownWords } from './handler-words.ts';
import { type Finished, performTask, TaskEnded, type TaskRun } from './perform-task.ts';
import type { Performer } from './performer.ts';
import { checkSettings, type WorkerSettings } from './settings.ts';

/** What a worker needs wherever its tasks come from. */
export interface WorkerOptions {
  readonly settings: WorkerSettings;
  readonly performer: Performer;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** A fresh id for a task that came without one. Default: a random uuid4. */
  readonly uuid?: (() => string) | undefined;
  /** Default: that of the settings. */
  readonly tier?: string | undefined;
  /** Tasks at one time; 1, the default, keeps them strictly in order. */
  readonly concurrency?: number | undefined;
  /** Reads the config again, on `{"action":"reload"}` and on demand. */
  readonly reload?: (() => Promise<WorkerSettings>) | undefined;
  readonly log?: ((event: WorkerEvent) => void) | undefined;
  /** Whether the start of each task is an event too. Default false. */
  readonly logTaken?: boolean | undefined;
}

/** A worker on the bus. */
export interface RunningWorker {
  readonly subject: string;
  readonly counts: WorkerCounts;
  /** Tasks being worked on, and tasks that arrived and wait. */
  readonly running: number;
  readonly waiting: number;
  /** True when a new config is in force, false when the old one stays. */
  reload(): Promise<boolean>;
  /**
   * Takes nothing more, finishes what it has, sends every result. What is not done near the end of the grace becomes a
   * failed result. Resolves within the grace, or half a second after it began while the server still owes an answer;
   * the connection stays open. A second call only waits for the first.
   */
  stop(graceMs: number): Promise<WorkerCounts>;
  /** Settles when the worker can take no more tasks; with the reason when nobody asked for it. */
  readonly closed: Promise<HeddleError | undefined>;
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
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly concurrency: number;
  /** Those in force now. */
  settings(): WorkerSettings;
  readonly counts: { -readonly [Key in keyof WorkerCounts]: WorkerCounts[Key] };
  log(event: WorkerEvent): void;
  /** True when a new config is in force, false when the old one stays. One after the other. */
  reload(): Promise<boolean>;
  /** As events name it. */
  idsOf(task: TakenTask): TaskIds;
  perform(task: TakenTask, ids: TaskIds, run: Pick<TaskRun, 'cut' | 'maxPayload'>): Promise<Finished>;
  /** Counts and tells how it ended, once that is sure. */
  done(finished: Finished, ids: TaskIds, waitedMs: number): void;
  /** Makes the handler as it was before its task. */
  reset(taskId: string): Promise<void>;
  /** Ends by itself when the handler gives up: what still waits fails at once, and other replicas get the rest. */
  ending(taking: Taking): Ending;
}

/** Why a task ends that was not done when its worker had to end. */
export function stoppedEarly(graceMs: number): TaskEnded {
  return new TaskEnded(`the worker was stopped before the task was done (grace ${graceMs / 1000} s)`);
}

const GIVEN_UP_MS = 2_000;
/** For a handler to end, whatever is left. */
const HANDLER_LEAST_MS = 100;

/** Throws for settings that cannot be. */
export function lifeOf({ performer, reload: read, ...options }: WorkerOptions): WorkerLife {
  let { settings } = options;
  const { clock = systemClock, uuid = systemUuid, tier = settings.tier, concurrency = 1 } = options;
  const { name } = settings;
  checkSettings(settings, tier);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new HeddleError('input_invalid', `a concurrency of ${concurrency} is no whole number of 1 or more`);
  }
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
    clock,
    uuid,
    concurrency,
    settings: () => settings,
    counts,
    log,
    reload: () => {
      const after = reloading.then(readAgain);
      reloading = after;
      return after;
    },
    idsOf: ({ taskId, parentTaskId, workerType }) => ({ taskId, parentTaskId, workerType, tier }),
    perform: (task, ids, run) => {
      if (options.logTaken === true) log({ kind: 'task_taken', ...ids });
      return performTask(task, performer, settings, { ...run, clock, log: taskLog(ids.taskId, log) });
    },
    done: ({ status, error, ms }, ids, waitedMs) => {
      counts[status] += 1;
      log({ kind: 'task_done', status, error, ms, waitedMs, ...ids });
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
