import { type ErrorCode, HeddleError, isHeddleError, isOutOfFiles } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type ExitCode, exitCodeOf, isRetryable } from './exit.ts';
import type { Io } from './io.ts';
import { adviceText } from './remedies.ts';
import { disarm } from './screen/disarm.ts';
import { hiding, isSecret, secretsAmong } from './screen/looks-secret.ts';
import type { Style } from './screen/style.ts';
import { wrapped } from './screen/wrap.ts';

/** How one failure is shown: an object on stdout for programs, words on stderr for people. The one place that prints an error. */
export function showFailure(
  io: Io,
  thrown: unknown,
  how: { machine: boolean; style: Style; width: number; exit?: ExitCode | undefined; argv: readonly string[] },
): ExitCode {
  const known = isHeddleError(thrown) && !isOutOfFiles(thrown);
  const error = known ? withoutSecrets(thrown, how.argv) : unforeseen(thrown);
  const exit = how.exit ?? exitCodeOf(error);
  if (how.machine) {
    io.stdout.write(`${JSON.stringify(failureDocument(error, exit))}\n`);
  }
  if (!how.machine || error.code === 'internal') io.stderr.write(inWords(error, thrown, io, how));
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

/** What was wrong on a command line, or in a file, is repeated in the complaint: a secret in the wrong place is not. */
function withoutSecrets(error: HeddleError, argv: readonly string[]): HeddleError {
  if (!OF_WORDS.has(error.code)) return error;
  const said = `${error.message} ${adviceText(error) ?? ''}`;
  const typed = secretsAmong(argv).filter((each) => said.includes(each));
  const secrets = [...typed, ...(said.match(WORDS) ?? []).filter(isSecret)];
  if (secrets.length === 0) return error;
  const hide = (text: string): string => hiding(secrets, text);
  const advice = adviceText(error);
  return new HeddleError(error.code, hide(error.message), { hint: advice && hide(advice), cause: error });
}

/** Of what a token may consist. */
const WORDS = /[\w.~+=-]+/g;

/** Failures that speak of what was written, and not of ids of work. */
const OF_WORDS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'usage',
  'input_unreadable',
  'input_invalid',
  'no_match',
  'settings_invalid',
  'settings_mixed_auth',
  'connection_dns',
  'connection_refused',
  'connection_unreachable',
  'connection_timeout',
  'connection_failed',
  'output_unwritable',
]);

function inWords(
  error: HeddleError,
  thrown: unknown,
  io: Io,
  { style, width }: { style: Style; width: number },
): string {
  const lines = [`${style.bad('error:')} ${indented(error.message, width, 'error:'.length)}`];
  const advice = adviceText(error);
  if (advice !== undefined) lines.push(`  ${style.accent('hint:')} ${indented(advice, width, 'hint:'.length + 2)}`);
  if (error.code === 'internal' && !isOutOfFiles(thrown)) {
    if (thrown instanceof Error && thrown.stack !== undefined) lines.push(disarm(thrown.stack));
    lines.push(
      `This is a bug in heddle-ts ${VERSION} (${io.bunVersion === undefined ? `Node ${io.nodeVersion}` : `Bun ${io.bunVersion}`}, ${io.platform}).`,
      "Please report it on the project's issue tracker with the text above and the command line.",
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Continuation lines stand under the first, so that a message of several lines reads as one thing. A terminal would break inside words. */
function indented(text: string, width: number, lead: number): string {
  return wrapped(text, width, '  ', lead).join('\n').slice(2);
}

function unforeseen(thrown: unknown): HeddleError {
  if (isOutOfFiles(thrown)) {
    const message = `no more files can be opened, raise the limit (ulimit -n): ${thrown.message}`;
    return new HeddleError('internal', message, { cause: thrown });
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new HeddleError('internal', `unexpected failure: ${message}`, { cause: thrown });
}
