import type { ChildEvent } from '../events.ts';
import { NEVER_GIVES_UP, type Performed, type Performer } from '../performer.ts';
import type { TakenTask } from '../task.ts';
import { type Answered, questionLine, readAnswerLine } from './answer.ts';
import type { Line } from './lines.ts';
import { beyondMaxLine, type ExecOptions, requireProgram } from './options.ts';
import { endProgram, type Program, startProgram } from './program.ts';

/** One process a task: the task on its stdin, which then ends; the answer is the first line of its stdout. */
export function execPerTask(options: ExecOptions): Performer {
  const open = new Set<Program>();
  return {
    start: () => requireProgram(options),
    async perform(task, signal) {
      const lines: Line[] = [];
      const program = await startProgram(options, {
        line: (line) => {
          if (lines.length < 2) lines.push(line);
        },
        stderr: (text) => options.log(stderrOf(text, task)),
      });
      open.add(program);
      const force = (): void => program.end('SIGKILL');
      signal.addEventListener('abort', force, { once: true });
      if (signal.aborted) force();
      try {
        program.stdin.end(questionLine(task));
        return readOutcome(await program.ended, lines, program.lastWords(), beyondMaxLine(options));
      } finally {
        signal.removeEventListener('abort', force);
        open.delete(program);
      }
    },
    reset: async () => {},
    async stop(withinMs) {
      await Promise.all([...open].map((program) => endProgram(program, withinMs, options.clock)));
    },
    kill: () => {
      for (const program of open) program.end('SIGKILL');
    },
    gaveUp: NEVER_GIVES_UP,
  };
}

function readOutcome(how: string, lines: readonly Line[], lastWords: string, tooMuch: string): Performed {
  const because = lastWords === '' ? '' : `: ${lastWords}`;
  const [line, more] = lines;
  const answered = line === undefined ? undefined : readLine(line, tooMuch);
  // An error that the program states is better than its exit code.
  if (answered !== undefined && !answered.ok && answered.taskId !== undefined) throw new Error(answered.error);
  if (how !== 'exit code 0') throw new Error(`the program ended with ${how}${because}`);
  if (answered === undefined) throw new Error(`the program wrote no answer${because}`);
  if (more !== undefined) throw new Error('the program wrote more than one line');
  if (!answered.ok) throw new Error(answered.error);
  return answered.performed;
}

function readLine(line: Line, tooMuch: string): Answered {
  if ('bytes' in line) return readAnswerLine(line.bytes);
  return {
    ok: false,
    taskId: undefined,
    error: `the program's answer has ${line.tooLong} bytes, ${tooMuch}`,
  };
}

function stderrOf(text: string, task: TakenTask): ChildEvent {
  return { kind: 'child_stderr', text, taskId: task.taskId };
}
