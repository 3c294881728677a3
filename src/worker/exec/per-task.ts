import { checkOptions } from '../../check-options.ts';
import { requireProgram } from '../../child/find-program.ts';
import type { Line } from '../../child/lines.ts';
import { endProgram, type Program, startProgram } from '../../child/program.ts';
import { NEVER_GIVES_UP, type Performed, type Performer } from '../performer.ts';
import { beyondMaxLine, EXEC_OPTIONS, type ExecOptions, questionLine, readAnswerLine } from './answer.ts';

/** One process a task: the task on its stdin, which then ends; the answer is the first line of its stdout. */
export function execPerTask(options: ExecOptions): Performer {
  checkOptions('execPerTask', options, EXEC_OPTIONS);
  const open = new Set<Program>();
  return {
    start: () => requireProgram(options.command[0], options),
    async perform(task, signal) {
      const lines: Line[] = [];
      const program = await startProgram(options, () => ({
        line: (line) => {
          if (lines.length < 2) lines.push(line);
        },
        stderr: (text) => options.log({ kind: 'child_stderr', text, taskId: task.taskId }),
      }));
      open.add(program);
      const force = (): void => program.end('SIGKILL');
      signal.addEventListener('abort', force, { once: true });
      if (signal.aborted) force();
      try {
        program.send(questionLine(task));
        program.endInput();
        return readOutcome((await program.ended).how, lines, program.lastWords(), beyondMaxLine(options));
      } finally {
        signal.removeEventListener('abort', force);
        open.delete(program);
      }
    },
    reset: async () => {},
    async stop(withinMs) {
      const times = { termAfterMs: withinMs / 3, killAfterMs: (withinMs * 2) / 3 };
      await Promise.all([...open].map((program) => endProgram(program, times, options.clock)));
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
  const answered =
    line === undefined
      ? undefined
      : readAnswerLine(line, (bytes) => `the program's answer has ${bytes} bytes, ${tooMuch}`);
  // An error that the program states is better than its exit code.
  if (answered !== undefined && !answered.ok && answered.taskId !== undefined) throw new Error(answered.error);
  if (how !== 'exit code 0') throw new Error(`the program ended with ${how}${because}`);
  if (answered === undefined) throw new Error(`the program wrote no answer${because}`);
  if (more !== undefined) throw new Error('the program wrote more than one line');
  if (!answered.ok) throw new Error(answered.error);
  return answered.performed;
}
