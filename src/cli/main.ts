import type { HeddleError } from '../errors.ts';
import { within } from '../time/wait.ts';
import { VERSION } from '../version.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import type { Request } from './program.ts';
import type { ColorChoice } from './screen/terminal.ts';
import type { Sink } from './sink.ts';

export { processIo } from './io.ts';

/** How long a reader has for the last words of a program that broke. */
const LAST_WORDS_MS = 1000;

/** The program: a command line in, an exit code out. Every error ends here and nowhere else. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  io.onStray(endWith(argv, io));
  const code = await answer(argv, io);
  await Promise.all([io.stdout.drained(), io.stderr.drained()]);
  // A write that nothing can call back would hold up an end in good order for ever.
  if (io.stdout.stuck || io.stderr.stuck) io.endNow(code);
  return verdict(code, io);
}

async function answer(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (asksVersion(argv)) return await showVersion(argv, io);
  if (argv.length === 0) return await showOverview(io.stderr, EXIT.usage);
  if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h')) return await showOverview(io.stdout, EXIT.ok);
  try {
    const [{ readCommandLine }, { terminalFor }] = await Promise.all([
      import('./program.ts'),
      import('./screen/terminal.ts'),
    ]);
    const screen = terminalFor(io.stdout, io);
    const request = await readCommandLine(argv, { width: Math.min(screen.width, 100), color: screen.color > 0 });
    switch (request.ask) {
      case 'help':
        io.stdout.write(request.text);
        return EXIT.ok;
      case 'overview':
        return await showOverview(io.stdout, EXIT.ok);
      case 'version':
        return await showVersion(argv, io);
      case 'nothing':
        if (request.text === undefined) return await showOverview(io.stderr, EXIT.usage);
        io.stderr.write(request.text);
        return EXIT.usage;
      case 'run':
        return await runCommand(argv, request, io);
    }
  } catch (thrown) {
    return await fail(io, thrown, { machine: await machineAsked(argv, io), argv });
  }
}

/** When that cannot be found out any more, the words go to stderr. */
async function machineAsked(argv: readonly string[], io: Io): Promise<boolean> {
  try {
    return (await import('./output-format.ts')).machineAsked(argv, io.env);
  } catch {
    return false;
  }
}

async function runCommand(
  argv: readonly string[],
  { name, spec, args, found }: Extract<Request, { ask: 'run' }>,
  world: Io,
): Promise<ExitCode> {
  const [{ discreet }, { resolveFormat }, { openSession }, { errorsAsJson, outputGroup }, flags] = await Promise.all([
    import('./discreet.ts'),
    import('./output-format.ts'),
    import('./open-session.ts'),
    import('./flags/frame.ts'),
    import('./flags/group.ts'),
  ]);
  const io = discreet(world, argv, spec.exact === true);
  const frame = flags.readFlags([outputGroup(spec.formats)], found);
  const { format, note } = resolveFormat(name, spec, frame, io.env);
  const picked = typeof frame.select === 'string' ? (await import('./select.ts')).select(io, frame.select) : undefined;
  const { session, close } = await openSession(name, format, frame, found, picked?.io ?? io);
  if (note !== undefined) session.talk.info(note);
  try {
    const written = flags.writtenFlags(spec.groups, found);
    flags.refuseBroken(spec.groups, written, `heddle-ts ${name} --help`);
    spec.refuse?.(args, written);
    const exit = await spec.run(session, args, flags.readFlags(spec.groups, found));
    picked?.refuseNothing(exit);
    return exit;
  } catch (thrown) {
    const shown = await spec.showFailure?.(session, thrown);
    const how = {
      machine: errorsAsJson(format) && picked === undefined,
      color: frame.color,
      exit: session.interruption(),
      argv,
    };
    return shown ?? (await fail(io, thrown, how));
  } finally {
    await close();
    if (session.interruption() !== undefined) await (await import('./leave.ts')).leaveSoon(session);
  }
}

/** How a failure is told. */
interface Telling {
  readonly machine: boolean;
  /** What was typed: what looks like a secret there is not repeated. */
  readonly argv: readonly string[];
  readonly color?: ColorChoice | undefined;
  /** Default: the one of the error. */
  readonly exit?: ExitCode | undefined;
}

async function fail(io: Io, thrown: unknown, how: Telling): Promise<ExitCode> {
  try {
    return await tell(io, thrown, how);
  } catch (cause) {
    // Telling takes files that are not loaded yet, and may fail for the reason that the command did: one line needs none.
    const same = cause === thrown || (OUT_OF_FILES.test(textOf(thrown)) && OUT_OF_FILES.test(textOf(cause)));
    io.stderr.write(`error: ${plainWords(thrown)}${same ? '' : ` (and then: ${plainWords(cause)})`}\n`);
    return EXIT.internal;
  }
}

const OUT_OF_FILES = /EMFILE|ENFILE/;

function plainWords(thrown: unknown): string {
  const text = textOf(thrown);
  const code = OUT_OF_FILES.exec(text);
  const named = code === null || code.index === 0 ? '' : `${code[0]}: `;
  const why = code === null ? '' : `no more files can be opened, raise the limit (ulimit -n): ${named}`;
  return (why + text).replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 500);
}

async function tell(io: Io, thrown: unknown, how: Telling): Promise<ExitCode> {
  const [{ showFailure }, { styleFor }, { terminalFor }] = await Promise.all([
    import('./failure.ts'),
    import('./screen/style.ts'),
    import('./screen/terminal.ts'),
  ]);
  const terminal = terminalFor(io.stderr, { env: io.env, platform: io.platform, color: how.color });
  return showFailure(io, thrown, { ...how, style: await styleFor(terminal.color), width: terminal.width });
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What was thrown where nobody could catch it gets the same words and the same exit code as everything else. */
function endWith(argv: readonly string[], io: Io): (thrown: unknown) => void {
  let ending = false;
  return async (thrown) => {
    if (ending) return;
    ending = true;
    const exit = await fail(io, thrown, { machine: await machineAsked(argv, io), argv });
    await within(io.clock, Promise.all([io.stdout.drained(), io.stderr.drained()]), LAST_WORDS_MS);
    io.endNow(exit);
  };
}

/** A reader that went away (`| head`) had what it wanted; a full disk did not. */
async function verdict(code: ExitCode, io: Io): Promise<number> {
  const { failure } = io.stdout;
  if (failure === undefined) return io.stdout.broken && code !== EXIT.internal ? EXIT.ok : code;
  const { HeddleError } = await import('../errors.ts');
  const error: HeddleError = new HeddleError('input_unreadable', `cannot write to stdout: ${failure.message}`, {
    cause: failure,
  });
  return await fail(io, error, { machine: false, argv: [], exit: EXIT.no });
}

/** The shortest ways to ask, answered before Commander is loaded; it reads all others. */
function asksVersion(argv: readonly string[]): boolean {
  const words = argv.filter((word) => !isVerbose(word));
  return words.length === 1 && (words[0] === '--version' || words[0] === '-V');
}

async function showVersion(argv: readonly string[], io: Io): Promise<ExitCode> {
  // Whoever asks for the one line does not wait for what reads formats.
  const plain = argv.length === 1 && (io.env.HEDDLE_OUTPUT ?? '') === '';
  if (!plain && (await machineAsked(argv, io))) {
    const { clientVersion } = await import('../transport/nats/version.ts');
    const bun = io.bunVersion === undefined ? {} : { bun: io.bunVersion };
    const document = {
      schema_version: 1,
      version: VERSION,
      node: io.nodeVersion,
      ...bun,
      nats_client: clientVersion(),
    };
    io.stdout.write(`${JSON.stringify(document)}\n`);
    return EXIT.ok;
  }
  io.stdout.write(`heddle-ts ${VERSION}\n`);
  if (argv.some(isVerbose)) {
    const { clientVersion } = await import('../transport/nats/version.ts');
    const runtime = io.bunVersion === undefined ? '' : `bun ${io.bunVersion}, which is like `;
    io.stdout.write(`${runtime}node ${io.nodeVersion}\n${clientVersion()}\n`);
  }
  return EXIT.ok;
}

function isVerbose(word: string): boolean {
  return word === '-v' || word === '--verbose';
}

/** Asked for, it is the answer; with no word at all, it is a reminder, and a script with an empty variable must stop. */
async function showOverview(sink: Sink, exit: ExitCode): Promise<ExitCode> {
  const [{ overview }, { COMMANDS }] = await Promise.all([import('./overview.ts'), import('./commands.ts')]);
  sink.write(overview(COMMANDS));
  return exit;
}
