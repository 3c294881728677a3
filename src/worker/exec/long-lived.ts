import { HeddleError } from '../../errors.ts';
import { systemClock } from '../../time/clock.ts';
import { turn } from '../../time/turn.ts';
import { sleep } from '../../time/wait.ts';
import type { Performed, Performer } from '../performer.ts';
import type { TakenTask } from '../task.ts';
import { questionLine, readAnswerLine } from './answer.ts';
import type { Line } from './lines.ts';
import { beyondMaxLine, type ExecOptions, requireProgram } from './options.ts';
import { endProgram, type Program, startProgram } from './program.ts';

const QUICK_MS = 5_000;
const MOST_QUICK_DEATHS = 5;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
/** What is shown of a program that goes on saying what nobody asked; after that only how much it was. */
const MOST_STRAYS = 16;
const LOOK_AGAIN_MS = 5;

/** A running program and the tasks that it has not answered, oldest first. */
interface Child {
  readonly program: Program;
  readonly open: Map<string, { resolve: (performed: Performed) => void; reject: (error: Error) => void }>;
  readonly startedAt: number;
  answered: boolean;
  /** Lines in a row that were no answer to an open task. */
  strays: number;
  /** It gets no more tasks, and is ended when the last open one is through. */
  retired: boolean;
}

/** One program for all tasks: JSON lines in and out, restarted with backoff when it dies. */
export function execLongLived(options: ExecOptions): Performer {
  const { log, clock = systemClock } = options;
  const children = new Set<Child>();
  let current: Promise<Child> | undefined;
  let quickDeaths = 0;
  const stopping = new AbortController();
  let dead: HeddleError | undefined;
  let giveUp: (error: HeddleError) => void = () => {};
  const gaveUp = new Promise<HeddleError>((resolve) => {
    giveUp = resolve;
  });

  const launch = async (): Promise<Child> => {
    const early: Line[] = [];
    let child: Child | undefined;
    const program = await startProgram(options, {
      line: (line) => (child === undefined ? early.push(line) : hear(child, line)),
      stderr: (text) => log({ kind: 'child_stderr', text, taskId: onlyOpen(child) }),
    });
    child = { program, open: new Map(), startedAt: clock.elapsed(), answered: false, strays: 0, retired: false };
    children.add(child);
    log({ kind: 'child_started', program: options.command[0], pid: program.pid });
    for (const line of early) hear(child, line);
    void program.ended.then((how) => bury(child as Child, how));
    return child;
  };

  const hear = (child: Child, line: Line): void => {
    if (child.open.size === 0 && child.strays >= MOST_STRAYS) {
      // Whoever floods is not worth reading: it would take the time of the tasks, and of the signal that ends it.
      child.strays += 1;
      if (Number.isInteger(Math.log2(child.strays))) stray(`${child.strays} lines in a row for no open task`);
      return;
    }
    const answer =
      'bytes' in line
        ? readAnswerLine(line.bytes)
        : {
            ok: false as const,
            taskId: undefined,
            error: `the program wrote a line of ${line.tooLong} bytes, ${beyondMaxLine(options)}`,
          };
    // Nothing says whose a line without a task is: with one task at a time there is no doubt, else it is the oldest's.
    const taskId = answer.taskId ?? child.open.keys().next().value;
    const waiter = taskId === undefined ? undefined : child.open.get(taskId);
    if (taskId === undefined || waiter === undefined) {
      const what = answer.ok ? 'an answer' : answer.error;
      child.strays += 1;
      return stray(`${what}; for ${taskId === undefined ? 'no open task' : `task ${taskId}, which is not open`}`);
    }
    child.strays = 0;
    child.open.delete(taskId);
    if (answer.ok && answer.taskId === undefined) waiter.reject(new Error("the program's answer has no task_id"));
    else if (answer.ok) waiter.resolve(answer.performed);
    else waiter.reject(new Error(answer.error));
    child.answered = true;
    if (child.retired && child.open.size === 0) child.program.end('SIGKILL');
  };

  const stray = (reason: string): void => log({ kind: 'child_stray', reason });

  const bury = (child: Child, how: string): void => {
    children.delete(child);
    const lastWords = child.program.lastWords();
    const because = `${how}${lastWords === '' ? '' : `: ${lastWords}`}`;
    const failed = child.open.size;
    for (const waiter of child.open.values())
      waiter.reject(new Error(`the program ended before it answered (${because})`));
    child.open.clear();
    if (stopping.signal.aborted || child.retired) return;
    const quick = !child.answered && clock.elapsed() - child.startedAt < QUICK_MS;
    quickDeaths = quick ? quickDeaths + 1 : 0;
    if (quickDeaths >= MOST_QUICK_DEATHS) {
      log({ kind: 'child_died', how: because, failed, restartMs: undefined });
      return abandon(
        `${JSON.stringify(options.command[0])} ended ${quickDeaths} times in quick succession (${because})`,
      );
    }
    const restartMs = quick ? Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (quickDeaths - 1)) : 0;
    log({ kind: 'child_died', how: because, failed, restartMs });
    relaunch(restartMs);
  };

  const relaunch = (afterMs: number): void => {
    current = sleep(clock, afterMs, stopping.signal).then(() => {
      if (stopping.signal.aborted) throw new Error('the worker is stopping');
      return launch();
    });
    current.catch((thrown: unknown) => {
      if (!stopping.signal.aborted)
        abandon(
          `cannot start ${JSON.stringify(options.command[0])}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
    });
  };

  const abandon = (message: string): void => {
    dead = new HeddleError('task_failed', message, {
      hint: 'Run the program by hand: it reads one JSON line a task from stdin, and answers on stdout.',
    });
    current = Promise.reject(dead);
    current.catch(() => {});
    giveUp(dead);
  };

  /** What does not keep its time gets no further task; what else it works on may end. */
  const retire = (child: Child): void => {
    if (child.retired) return;
    child.retired = true;
    if (child.open.size === 0) child.program.end('SIGKILL');
    relaunch(0);
  };

  const perform = async (task: TakenTask, signal: AbortSignal): Promise<Performed> => {
    let child: Child;
    for (;;) {
      child = await (current as Promise<Child>);
      if (signal.aborted) throw signal.reason as Error;
      if (stopping.signal.aborted) throw new Error('the worker is stopping');
      if (child.retired || !children.has(child)) {
        // Its end is being dealt with; the next one is under way after this turn.
        await turn();
        continue;
      }
      // Ids are the sender's choice: two open tasks of one id could not be told apart.
      if (!child.open.has(task.taskId)) break;
      await sleep(clock, LOOK_AGAIN_MS);
    }
    const { open, program } = child;
    const onAbort = (): void => {
      open.delete(task.taskId);
      retire(child);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<Performed>((resolve, reject) => {
        open.set(task.taskId, { resolve, reject });
        program.stdin.write(questionLine(task));
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    async start() {
      await requireProgram(options);
      current = launch();
      try {
        await current;
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        throw new HeddleError('usage', `cannot start ${JSON.stringify(options.command[0])}: ${why}`, { cause: thrown });
      }
    },
    perform,
    reset: async () => {},
    async stop(withinMs) {
      stopping.abort();
      await Promise.all([...children].map((child) => endProgram(child.program, withinMs, clock)));
    },
    kill: () => {
      for (const child of children) child.program.end('SIGKILL');
    },
    gaveUp,
  };
}

function onlyOpen(child: Child | undefined): string | undefined {
  return child?.open.size === 1 ? child.open.keys().next().value : undefined;
}
