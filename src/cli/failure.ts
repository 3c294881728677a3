import { HeddleError, isHeddleError, isOutOfFiles } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type ExitCode, exitCodeOf, isRetryable } from './exit.ts';
import type { Io } from './io.ts';
import { adviceText } from './remedies.ts';
import { disarm } from './screen/disarm.ts';
import type { Style } from './screen/style.ts';

/** How one failure is shown: an object on stdout for programs, words on stderr for people. The one place that prints an error. */
export function showFailure(
  io: Io,
  thrown: unknown,
  how: { machine: boolean; style: Style; exit?: ExitCode | undefined },
): ExitCode {
  const error = isHeddleError(thrown) ? thrown : unforeseen(thrown);
  const exit = how.exit ?? exitCodeOf(error);
  if (how.machine) {
    io.stdout.write(`${JSON.stringify(failureDocument(error, exit))}\n`);
  }
  if (!how.machine || error.code === 'internal') io.stderr.write(inWords(error, thrown, io, how.style));
  return exit;
}

export function failureDocument(error: HeddleError, exit: ExitCode): unknown {
  return {
    schema_version: 1,
    ok: false,
    error: {
      code: error.code,
      message: error.message,
      hint: adviceText(error) ?? null,
      retryable: isRetryable(error),
      exit_code: exit,
    },
  };
}

function inWords(error: HeddleError, thrown: unknown, io: Io, style: Style): string {
  const lines = [`${style.bad('error:')} ${indented(error.message)}`];
  const advice = adviceText(error);
  if (advice !== undefined) lines.push(`  ${style.accent('hint:')} ${indented(advice)}`);
  if (error.code === 'internal' && !isOutOfFiles(thrown)) {
    if (thrown instanceof Error && thrown.stack !== undefined) lines.push(disarm(thrown.stack));
    lines.push(
      `This is a bug in heddle-ts ${VERSION} (Node ${io.nodeVersion}, ${io.platform}).`,
      "Please report it on the project's issue tracker with the text above and the command line.",
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Continuation lines stand under the first, so that a message of several lines reads as one thing. */
function indented(text: string): string {
  return text.split('\n').map(disarm).join('\n  ');
}

function unforeseen(thrown: unknown): HeddleError {
  if (isOutOfFiles(thrown)) {
    const message = `no more files can be opened, raise the limit (ulimit -n): ${thrown.message}`;
    return new HeddleError('internal', message, { cause: thrown });
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new HeddleError('internal', `unexpected failure: ${message}`, { cause: thrown });
}
