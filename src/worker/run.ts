import { setMaxListeners } from 'node:events';
import { systemUuid } from '../contract/ids.ts';
import { asksReload } from '../contract/parse.ts';
import { CONTROL_RELOAD, processorsGroup, RESULTS_DEFAULT, resultSubject, taskSubject } from '../contract/subjects.ts';
import { type TakenTask, takeTask } from '../contract/taken-task.ts';
import { createOutbox } from '../delivery/outbox.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Message, Transport } from '../transport/transport.ts';
import type { TaskIds, WorkerCounts, WorkerEvent } from './events.ts';
import { taskLog } from './handler-words.ts';
import { lifeOf } from './life.ts';
import { performTask, TaskEnded } from './perform-task.ts';
import type { Performer } from './performer.ts';
import type { WorkerSettings } from './settings.ts';

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

/** What of the grace is kept for sending the failed results of what was cut. */
const SENDING_SHARE = 0.2;
const SENDING_MOST_MS = 2_000;
/** What was sent is confirmed a round trip later, whatever the grace: nothing that arrived is called unconfirmed on a way as long as this. */
const CONFIRMING_LEAST_MS = 500;
const FIRST_BACKLOG_NEWS = 1_000;

/** Takes tasks until stopped. Resolves when the server has the subscription and the handler is ready. */
export async function serveTasks(transport: Transport, options: WorkerOptions): Promise<RunningWorker> {
  const { performer, clock = systemClock, uuid = systemUuid, concurrency = 1 } = options;
  const life = lifeOf(options, clock);
  const { name, tier, counts, log, reload } = life;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new HeddleError('input_invalid', `a concurrency of ${concurrency} is no whole number of 1 or more`);
  }
  const subject = taskSubject(name, tier);
  const queue = processorsGroup(name);
  const waiting: { task: TakenTask; ids: TaskIds; at: number }[] = [];
  const outbox = createOutbox(transport, clock);
  const cut = new AbortController();
  // Every task at work listens to it, however many there are at one time.
  setMaxListeners(0, cut.signal);
  let head = 0;
  let running = 0;
  let backlogNews = FIRST_BACKLOG_NEWS;
  let idle: (() => void)[] = [];

  await performer.start();

  const receive = (message: Message): void => {
    const task = takeTask(message.data, uuid);
    if ('reason' in task) {
      counts.skipped += 1;
      log({ kind: 'task_skipped', reason: task.detail, bytes: message.data.length });
      return;
    }
    counts.taken += 1;
    const { taskId, parentTaskId, workerType } = task;
    waiting.push({ task, ids: { taskId, parentTaskId, workerType, tier }, at: clock.elapsed() });
    const length = waiting.length - head;
    if (length >= backlogNews) {
      backlogNews *= 2;
      log({ kind: 'backlog', waiting: length });
    }
    next();
  };

  const next = (): void => {
    while (running < concurrency && head < waiting.length) {
      const { task, ids, at } = waiting[head] as (typeof waiting)[number];
      head += 1;
      if (head === waiting.length || head > 4096) {
        waiting.splice(0, head);
        head = 0;
      }
      running += 1;
      void work(task, ids, clock.elapsed() - at);
    }
    if (running === 0) {
      backlogNews = FIRST_BACKLOG_NEWS;
      const ready = idle;
      idle = [];
      for (const each of ready) each();
    }
  };

  const work = async (task: TakenTask, ids: TaskIds, waitedMs: number): Promise<void> => {
    if (options.logTaken === true) log({ kind: 'task_taken', ...ids });
    const { maxPayload } = transport.info;
    const run = { clock, log: taskLog(ids.taskId, log), cut: cut.signal, maxPayload };
    const { status, error, text, ms } = await performTask(task, performer, life.settings(), run);
    counts[status] += 1;
    log({ kind: 'task_done', status, error, ms, waitedMs, ...ids });
    const to = subjectFor(task);
    if (to === undefined) log({ kind: 'result_redirected', to: RESULTS_DEFAULT, ...ids });
    outbox.send({
      subject: to ?? RESULTS_DEFAULT,
      text,
      lost: (how, reason) => {
        counts[how] += 1;
        log({ kind: `result_${how}`, reason, ...ids });
      },
    });
    await life.reset(ids.taskId);
    running -= 1;
    next();
  };

  const tasks = transport.subscribe(subject, receive, { queue });
  const control = transport.subscribe(CONTROL_RELOAD, (message) => {
    if (asksReload(message.data)) void reload();
  });
  const closed = Promise.race([tasks.closed, transport.closed, performer.gaveUp]).then((error) =>
    ending.wasAsked()
      ? undefined
      : (error ?? new HeddleError('connection_closed', 'the connection of the worker was closed')),
  );
  try {
    await transport.flush();
  } catch (thrown) {
    await performer.stop(1_000);
    throw thrown;
  }
  log({
    kind: 'worker_started',
    name,
    tier,
    url: transport.url,
    subject,
    queue,
    concurrency,
    timeoutMs: life.settings().timeoutMs,
  });

  const finish = async (graceMs: number, left: () => number): Promise<void> => {
    control.unsubscribe();
    const sendingMs = Math.min(SENDING_MOST_MS, graceMs * SENDING_SHARE);
    // What the server had already sent to us is ours to answer.
    await within(
      clock,
      tasks.drain().catch(() => {}),
      left() - sendingMs,
    );
    const finished =
      running === 0 && head === waiting.length ? Promise.resolve() : new Promise<void>((resolve) => idle.push(resolve));
    if (!(await within(clock, finished, left() - sendingMs))) {
      cut.abort(new TaskEnded(`the worker was stopped before the task was done (grace ${graceMs / 1000} s)`));
      await within(clock, finished, left());
    }
    await outbox.settle(Math.max(left(), CONFIRMING_LEAST_MS));
  };
  const ending = life.ending({ running: () => running, waiting: () => waiting.length - head, finish });

  return {
    subject,
    counts,
    get running() {
      return running;
    },
    get waiting() {
      return waiting.length - head;
    },
    reload,
    stop: ending.stop,
    closed,
  };
}

/** Undefined for a parent id that can be no part of a subject. */
function subjectFor(task: TakenTask): string | undefined {
  try {
    return resultSubject(task.parentTaskId);
  } catch {
    return undefined;
  }
}
