import { setMaxListeners } from 'node:events';
import { asksReload } from '../contract/parse.ts';
import { CONTROL_RELOAD, processorsGroup, RESULTS_DEFAULT, resultSubject, taskSubject } from '../contract/subjects.ts';
import { type TakenTask, takeTask } from '../contract/taken-task.ts';
import { createOutbox } from '../delivery/outbox.ts';
import { HeddleError } from '../errors.ts';
import { within } from '../time/wait.ts';
import type { Message, Transport } from '../transport/transport.ts';
import type { TaskIds } from './events.ts';
import { lifeOf, type RunningWorker, stoppedEarly, type WorkerOptions } from './life.ts';

/** What of the grace is kept for sending the failed results of what was cut. */
const SENDING_SHARE = 0.2;
const SENDING_MOST_MS = 2_000;
/** What was sent is confirmed a round trip later, whatever the grace: nothing that arrived is called unconfirmed on a way as long as this. */
const CONFIRMING_LEAST_MS = 500;
const FIRST_BACKLOG_NEWS = 1_000;

/** Takes tasks until stopped. Resolves when the server has the subscription and the handler is ready. */
export async function serveTasks(transport: Transport, options: WorkerOptions): Promise<RunningWorker> {
  const { performer } = options;
  const life = lifeOf(options);
  const { name, tier, clock, uuid, concurrency, counts, log, reload } = life;
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
    waiting.push({ task, ids: life.idsOf(task), at: clock.elapsed() });
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
    const { maxPayload } = transport.info;
    const finished = await life.perform(task, ids, { cut: cut.signal, maxPayload });
    life.done(finished, ids, waitedMs);
    const to = subjectFor(task);
    if (to === undefined) log({ kind: 'result_redirected', to: RESULTS_DEFAULT, ...ids });
    outbox.send({
      subject: to ?? RESULTS_DEFAULT,
      text: finished.text,
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
      cut.abort(stoppedEarly(graceMs));
      await within(clock, finished, left());
    }
    await outbox.settle(Math.max(left(), CONFIRMING_LEAST_MS));
  };
  const ending = life.ending({ running: () => running, waiting: () => waiting.length - head, finish });
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
