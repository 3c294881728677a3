import type { ConnectOptions } from '../transport/options.ts';
import type { Transport } from '../transport/transport.ts';
import type { WholeProgram } from './command-map.ts';
import type { ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import type { Style } from './screen/style.ts';
import type { Terminal } from './screen/terminal.ts';
import type { ConnectionFlags } from './settings/flags.ts';
import type { ResolvedSettings } from './settings/resolve.ts';
import type { Talk } from './talk.ts';

/** What one run of a command is given. A command gets everything from here and ends by returning its exit code. */
export interface Session<F extends string = string> {
  readonly io: Io;
  readonly command: string;
  /** One of the command's formats. */
  readonly format: F;
  /** The format is read by a program: no prose, no colour, exact text. */
  readonly machine: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly out: Screen;
  readonly err: Screen;
  readonly talk: Talk;
  /** Aborted by SIGINT or SIGTERM; its reason is a HeddleError `interrupted`. */
  readonly stop: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruption(): ExitCode | undefined;
  /** One line, or several, to stdout. */
  print(text: string): void;
  /** One JSON document on one line to stdout. */
  json(document: unknown): void;
  /** The connection flags as they were written. */
  readonly connectionFlags: ConnectionFlags;
  /** Flags, environment, .env and NATS context, each value with its source; read once, with what is odd about them said. */
  settings(): Promise<ResolvedSettings>;
  /** The same, as they stand now: for who looks again and again. */
  readSettings(): Promise<ResolvedSettings>;
  /** A connection as the settings say; closed when the command ends, whatever happens. */
  connect(overrides?: Partial<ConnectOptions>): Promise<Transport>;
  /** Registers the undo of something acquired; run in reverse order when the command ends. */
  atEnd(undo: () => Promise<void> | void): void;
  /** Besides: what is done when a second signal ends the process at once. Cannot wait for anything. */
  atAbruptEnd(undo: () => void): void;
  /** Every command, loaded and declared: for `help` and `completion`, which describe the program they are part of. */
  wholeProgram(): Promise<WholeProgram>;
  /** A spinner on a stderr terminal, nothing anywhere else. */
  spin(text: string): Promise<Spinner>;
}

/** What may be done on one of the two output streams. */
export interface Screen extends Terminal {
  readonly style: Style;
}

export interface Spinner {
  text(text: string): void;
  stop(): void;
}
