import type { ConnectOptions } from '../transport/options.ts';
import type { Transport } from '../transport/transport.ts';
import type { CommandOptions } from './command.ts';
import type { Io } from './io.ts';
import { isMachineFormat } from './output-format.ts';
import type { Session } from './session.ts';
import type { ResolvedSettings } from './settings/resolve.ts';
import { listenForSignals } from './signals.ts';
import type { Sink } from './sink.ts';
import { spinner } from './spinner.ts';
import { stylesFor } from './style.ts';
import { createTalk } from './talk.ts';
import { terminalFor } from './terminal.ts';

/** Builds what a command is given, and the way to put everything away again. */
export async function openSession(
  command: string,
  format: string,
  options: CommandOptions,
  io: Io,
): Promise<{ session: Session; close: () => Promise<void> }> {
  const machine = isMachineFormat(format);
  const colorFlag = typeof options.color === 'string' ? options.color : undefined;
  const screen = async (sink: Sink, plain: boolean) => {
    const terminal = terminalFor(sink, io.env, plain ? 'never' : colorFlag, io.platform);
    return { ...terminal, styles: await stylesFor(terminal.color) };
  };
  const out = await screen(io.stdout, machine);
  const err = await screen(io.stderr, false);
  const quiet = options.quiet === true;
  const verbose = options.verbose === true;
  const talk = createTalk(io.stderr, { quiet, verbose, styles: err.styles });
  const signals = listenForSignals(io);
  const undos: (() => Promise<void> | void)[] = [signals.release];
  let settings: Promise<ResolvedSettings> | undefined;

  const session: Session = {
    io,
    command,
    format,
    machine,
    quiet,
    verbose,
    out,
    err,
    talk,
    stop: signals.stop,
    interruption: signals.exitCode,
    print: (text) => void io.stdout.write(`${text}\n`),
    json: (document) => void io.stdout.write(`${JSON.stringify(document)}\n`),
    atEnd: (undo) => void undos.push(undo),
    settings: () => {
      settings ??= loadSettings(options, io, talk.warn, talk.detail);
      return settings;
    },
    connect: async (overrides) => {
      const transport = await openConnection(await session.settings(), command, signals.stop, overrides);
      undos.push(() => transport.close());
      return transport;
    },
    wholeProgram: async () => await (await import('./program.ts')).loadWholeProgram(),
    spin: (text) => spinner(io.stderr, text, err.spinner && !quiet && !machine),
  };
  return {
    session,
    close: async () => {
      for (const undo of undos.reverse()) await undo();
    },
  };
}

async function loadSettings(
  options: CommandOptions,
  io: Io,
  warn: (text: string) => void,
  detail: (text: string) => void,
): Promise<ResolvedSettings> {
  const [{ resolveSettings, describeSettings }, { readConnectionFlags }] = await Promise.all([
    import('./settings/resolve.ts'),
    import('./settings/flags.ts'),
  ]);
  const settings = await resolveSettings({
    flags: readConnectionFlags(options),
    env: io.env,
    cwd: io.cwd,
    home: io.home,
    platform: io.platform,
  });
  for (const warning of settings.warnings) warn(warning);
  for (const row of describeSettings(settings)) detail(`${row.name} = ${row.value}  (${row.source})`);
  return settings;
}

async function openConnection(
  settings: ResolvedSettings,
  command: string,
  stop: AbortSignal,
  overrides: Partial<ConnectOptions> | undefined,
): Promise<Transport> {
  const [{ connect }, { toConnectOptions }] = await Promise.all([
    import('../transport/nats.ts'),
    import('./settings/connect-options.ts'),
  ]);
  return await connect({ name: `heddle-ts ${command}`, signal: stop, ...toConnectOptions(settings), ...overrides });
}
