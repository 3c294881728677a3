import { checkOptions } from '../../check-options.ts';
import { requireProgram } from '../../child/find-program.ts';
import { type Attendant, type Kept, keepRunning, type Run } from '../../child/keep-running.ts';
import type { Line } from '../../child/lines.ts';
import type { RestartPolicy } from '../../child/restart-policy.ts';
import type { TakenTask } from '../../contract/taken-task.ts';
import { HeddleError } from '../../errors.ts';
import { systemClock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import type { Performed, Performer } from '../performer.ts';
import { beyondMaxLine, EXEC_OPTIONS, type ExecOptions, questionLine, readAnswerLine } from './answer.ts';

const RESTARTS: RestartPolicy = {
  firstMs: 100,
  longestMs: 5_000,
  giveUpAfter: 5,
  healthyAfterMs: 5_000,
  pauseMs: 0,
};
/** What is shown of a program that goes on saying what nobody asked; after that only how much it was. */
const MOST_STRAYS = 16;
/** Two open tasks of one id are a rare mistake of their sender: the second looks this often whether the first is through. */
const SAME_ID_MS = 5;

/** A running program and the tasks that it has not answered, oldest first. */
interface Child extends Attendant {
  readonly open: Map<string, { resolve: (performed: Performed) => void; reject: (error: Error) => void }>;
  /** It gets no more tasks: it died, or it is ended when the last open one is through. */
  retired: boolean;
  ask(task: TakenTask): void;
  /** Ends it, unless it works on something. */
  endIfIdle(): void;
}

/** One program for all tasks: JSON lines in and out, restarted with backoff when it dies. */
export function execLongLived(options: ExecOptions): Performer {
  checkOptions('execLongLived', options, EXEC_OPTIONS);
  const { log, clock = systemClock } = options;
  const [name] = options.command;
  let kept: Kept<Child> | undefined;
  let stopped = false;
  let giveUp: (error: HeddleError) => void = () => {};
  const gaveUp = new Promise<HeddleError>((resolve) => {
    giveUp = resolve;
  });

  const attend = (run: Run): Child => {
    log({ kind: 'child_started', program: name, pid: run.program.pid });
    return createChild(run, log, beyondMaxLine(options));
  };

  const stopping = (): Error => new Error('the worker is stopping');

  return {
    async start() {
      await requireProgram(name, options);
      if (stopped) throw stopping();
      kept = await keepRunning({ ...options, clock, restart: RESTARTS }, attend);
      // Whoever stopped it meanwhile found nothing to stop.
      if (stopped) kept.kill();
      void kept.gaveUp.then((words) =>
        giveUp(
          new HeddleError('task_failed', words, {
            hint: 'Run the program by hand: it reads one JSON line a task from stdin, and answers on stdout.',
          }),
        ),
      );
    },
    async perform(task, signal) {
      let child: Child;
      for (;;) {
        if (stopped || kept === undefined) throw stopping();
        try {
          child = await kept.current();
        } catch (thrown) {
          throw stopped ? stopping() : thrown;
        }
        if (signal.aborted) throw signal.reason as Error;
        if (stopped) throw stopping();
        // It died or was given up on meanwhile: the next one is under way already.
        if (child.retired) continue;
        // Ids are the sender's choice: two open tasks of one id could not be told apart.
        if (!child.open.has(task.taskId)) break;
        await sleep(clock, SAME_ID_MS);
      }
      const onAbort = (): void => {
        // What does not keep its time gets no further task; what else it works on may end.
        child.open.delete(task.taskId);
        child.retired = true;
        child.endIfIdle();
        kept?.replace(child);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await new Promise<Performed>((resolve, reject) => {
          child.open.set(task.taskId, { resolve, reject });
          child.ask(task);
        });
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    reset: async () => {},
    async stop(withinMs) {
      stopped = true;
      await kept?.stop(withinMs);
    },
    kill() {
      stopped = true;
      kept?.kill();
    },
    gaveUp,
  };
}

function createChild(run: Run, log: ExecOptions['log'], tooMuch: string): Child {
  const { program } = run;
  const open: Child['open'] = new Map();
  /** Lines in a row that were no answer to an open task. */
  let strays = 0;
  const stray = (reason: string): void => log({ kind: 'child_stray', reason });

  const hear = (line: Line): void => {
    if (open.size === 0 && strays >= MOST_STRAYS) {
      // Whoever floods is not worth reading: it would take the time of the tasks, and of the signal that ends it.
      strays += 1;
      if (Number.isInteger(Math.log2(strays))) stray(`${strays} lines in a row for no open task`);
      return;
    }
    const answer = readAnswerLine(line, (bytes) => `the program wrote a line of ${bytes} bytes, ${tooMuch}`);
    // Nothing says whose a line without a task is: with one task at a time there is no doubt, else it is the oldest's.
    const taskId = answer.taskId ?? open.keys().next().value;
    const waiter = taskId === undefined ? undefined : open.get(taskId);
    if (taskId === undefined || waiter === undefined) {
      const what = answer.ok ? 'an answer' : answer.error;
      strays += 1;
      return stray(`${what}; for ${taskId === undefined ? 'no open task' : `task ${taskId}, which is not open`}`);
    }
    strays = 0;
    open.delete(taskId);
    if (answer.ok && answer.taskId === undefined) waiter.reject(new Error("the program's answer has no task_id"));
    else if (answer.ok) waiter.resolve(answer.performed);
    else waiter.reject(new Error(answer.error));
    run.proven();
    if (child.retired) child.endIfIdle();
  };

  const child: Child = {
    open,
    retired: false,
    ask: (task) => void program.send(questionLine(task)),
    endIfIdle: () => {
      if (open.size === 0) program.end('SIGKILL');
    },
    line: hear,
    stderr: (text) =>
      log({ kind: 'child_stderr', text, taskId: open.size === 1 ? open.keys().next().value : undefined }),
    died({ because, expected, restartMs }) {
      child.retired = true;
      const failed = open.size;
      for (const waiter of open.values()) {
        waiter.reject(new Error(`the program ended before it answered (${because})`));
      }
      open.clear();
      if (!expected) log({ kind: 'child_died', how: because, failed, restartMs });
    },
  };
  return child;
}
