import type { ConnectOptions } from '../transport/options.ts';
import type { Transport } from '../transport/transport.ts';
import type { FrameFlags } from './flags/frame.ts';
import { type Found, readFlags } from './flags/group.ts';
import type { Io } from './io.ts';
import { isMachineFormat } from './output-format.ts';
import { spinner } from './screen/spinner.ts';
import { styleFor } from './screen/style.ts';
import { terminalFor } from './screen/terminal.ts';
import type { Session } from './session.ts';
import { CONNECTION } from './settings/flags.ts';
import type { ResolvedSettings } from './settings/resolve.ts';
import { listenForSignals } from './signals.ts';
import type { Sink } from './sink.ts';
import { createTalk, type Talk } from './talk.ts';

/** Builds what a command is given, and the way to put everything away again. */
export async function openSession(
  command: string,
  format: string,
  { quiet, verbose, color: choice }: FrameFlags,
  found: Found,
  io: Io,
): Promise<{ session: Session; close: () => Promise<void> }> {
  const machine = isMachineFormat(format);
  const screen = async (sink: Sink, plain: boolean) => {
    const color = plain ? 'never' : choice;
    const terminal = terminalFor(sink, { env: io.env, platform: io.platform, color });
    return { ...terminal, style: await styleFor(terminal.color) };
  };
  const out = await screen(io.stdout, machine);
  const err = await screen(io.stderr, false);
  const talk = createTalk(io.stderr, { quiet, verbose, style: err.style });
  const signals = listenForSignals(io);
  const undos: (() => Promise<void> | void)[] = [signals.release];
  const connectionFlags = readFlags([CONNECTION], found);
  const readSettings = async (): Promise<ResolvedSettings> => {
    const { loadSettings } = await import('./settings/load.ts');
    return await loadSettings(connectionFlags, io);
  };
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
    connectionFlags,
    readSettings,
    settings: () => {
      settings ??= readSettings().then((read) => told(read, talk, verbose));
      return settings;
    },
    connect: async (overrides) => {
      const transport = await openConnection(await session.settings(), {
        name: `heddle-ts ${command}`,
        signal: signals.stop,
        clock: io.clock,
        ...overrides,
      });
      undos.push(() => transport.close());
      return transport;
    },
    atAbruptEnd: signals.beforeAbruptEnd,
    wholeProgram: async () => await (await import('./program.ts')).loadWholeProgram(),
    spin: (text) => spinner(io.stderr, text, err.spinner && !quiet && !machine),
  };
  return {
    session,
    // One that fails must not keep the others from being done.
    close: async () => {
      const failures: unknown[] = [];
      for (const undo of undos.reverse()) {
        try {
          await undo();
        } catch (thrown) {
          failures.push(thrown);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** What the user should know of them is said once a run. */
async function told(settings: ResolvedSettings, talk: Talk, verbose: boolean): Promise<ResolvedSettings> {
  for (const { message, hint } of settings.warnings) talk.warn(hint === undefined ? message : `${message}\n  ${hint}`);
  if (verbose) {
    const { describeSettings } = await import('./settings/describe.ts');
    for (const { name, value, source, unused } of describeSettings(settings)) {
      talk.detail(`${name} = ${value} (${source})${unused === undefined ? '' : `, not used: ${unused}`}`);
    }
  }
  return settings;
}

async function openConnection(settings: ResolvedSettings, options: Partial<ConnectOptions>): Promise<Transport> {
  const [{ connect }, { CALLED, originOf, toConnectOptions, namingAddress }] = await Promise.all([
    import('../transport/nats.ts'),
    import('./settings/connect-options.ts'),
  ]);
  try {
    return await connect({ called: CALLED, origin: originOf(settings), ...toConnectOptions(settings), ...options });
  } catch (thrown) {
    throw namingAddress(thrown, settings);
  }
}
