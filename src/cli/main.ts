import { HeddleError } from '../errors.ts';
import { VERSION } from '../version.ts';
import type { CommandOptions, CommandSpec } from './command.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { showFailure } from './failure.ts';
import type { Io } from './io.ts';
import { openSession } from './open-session.ts';
import { colorOf, errorsAsJson, machineAsked, resolveFormat } from './output-format.ts';
import { PLAIN, type Style, styleFor } from './style.ts';
import { terminalFor } from './terminal.ts';

export { processIo } from './io.ts';

/** The program: a command line in, an exit code out. Every error ends here and nowhere else. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const code = await answer(argv, io);
  await Promise.all([io.stdout.drained(), io.stderr.drained()]);
  return verdict(code, io);
}

async function answer(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (asksVersion(argv)) return await showVersion(argv, io);
  try {
    const { readCommandLine } = await import('./program.ts');
    const screen = terminalFor(io.stdout, io);
    const request = await readCommandLine(argv, { width: Math.min(screen.width, 100), color: screen.color > 0 });
    if (request.ask === 'help') {
      const asked = argv.length > 0;
      (asked ? io.stdout : io.stderr).write(request.text);
      return asked ? EXIT.ok : EXIT.usage;
    }
    return await runCommand(request.entry.name, request.spec, request.args, request.options, io);
  } catch (thrown) {
    return showFailure(io, thrown, { machine: machineAsked(argv, io.env), style: await errorStyle(io, undefined) });
  }
}

async function runCommand(
  name: string,
  spec: CommandSpec,
  args: readonly string[],
  options: CommandOptions,
  io: Io,
): Promise<ExitCode> {
  const format = resolveFormat(name, spec, options, io.env);
  const { session, close } = await openSession(name, format, options, io);
  let exit: ExitCode | undefined;
  try {
    exit = await spec.run(session, args, options);
  } catch (thrown) {
    exit = showFailure(io, thrown, {
      machine: errorsAsJson(format),
      style: await errorStyle(io, options),
      exit: session.interruption(),
    });
  } finally {
    await close();
  }
  return exit;
}

async function errorStyle(io: Io, options: CommandOptions | undefined): Promise<Style> {
  return await styleFor(
    terminalFor(io.stderr, { env: io.env, platform: io.platform, color: options && colorOf(options) }).color,
  );
}

/** A reader that went away (`| head`) had what it wanted; a full disk did not. */
function verdict(code: ExitCode, io: Io): number {
  const { failure } = io.stdout;
  if (failure === undefined) return io.stdout.broken && code !== EXIT.internal ? EXIT.ok : code;
  const error = new HeddleError('input_unreadable', `cannot write to stdout: ${failure.message}`, { cause: failure });
  return showFailure(io, error, { machine: false, style: PLAIN, exit: EXIT.no });
}

function asksVersion(argv: readonly string[]): boolean {
  const words = argv.filter((word) => word !== '-v' && word !== '--verbose');
  return words.length === 1 && (words[0] === '--version' || words[0] === '-V');
}

async function showVersion(argv: readonly string[], io: Io): Promise<ExitCode> {
  io.stdout.write(`heddle-ts ${VERSION}\n`);
  if (argv.length > 1) {
    const { clientVersion } = await import('../transport/nats-version.ts');
    io.stdout.write(`node ${io.nodeVersion}\n${clientVersion()}\n`);
  }
  return EXIT.ok;
}
