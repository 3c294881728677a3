import { startProgram } from '../../child/program.ts';
import { splitCommand } from '../../child/split-command.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';

/** Letters that may wait for the program; what comes then is not handed to it, and counted. */
const MOST_WAITING = 1000;

/**
 * Runs a program for one letter after the other: the line on its stdin, its output on our stderr, because stdout is the letters. Never a
 * shell.
 */
export function execEach({ io, talk }: Session, written: string) {
  const command = splitCommand(written);
  const waiting: string[] = [];
  let running: Promise<void> | undefined;
  let left = 0;

  const runOne = async (line: string): Promise<void> => {
    const { cwd, env, platform, clock } = io;
    const program = await startProgram({ command, cwd, env, platform, clock }, () => ({
      line: (said) => {
        const text = 'bytes' in said ? Buffer.from(said.bytes).toString() : `(a line of ${said.tooLong} bytes)`;
        io.stderr.write(`${text}\n`);
      },
      stderr: (text) => talk.warn(`${disarmLine(command[0])}: ${disarmLine(text)}`),
    }));
    program.send(line);
    program.endInput();
    const { how } = await program.ended;
    if (how !== 'exit code 0') talk.warn(`${disarmLine(command[0])} ended with ${how}`);
  };
  const runAll = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      await runOne(line).catch((error: Error) => talk.warn(error.message));
    }
    running = undefined;
  };
  return {
    give(line: string): void {
      if (waiting.length >= MOST_WAITING) {
        left += 1;
        if (left === 1) talk.warn(`${disarmLine(command[0])} is too slow: letters are left out from here on`);
        return;
      }
      waiting.push(line);
      running ??= runAll();
    },
    /** Resolves when the program has run for all that waited. */
    async done(): Promise<number> {
      await running;
      return left;
    },
  };
}
