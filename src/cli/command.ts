import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Session } from './session.ts';

/** What a command is. Its file stands in commands/, its name and summary on one line of commands/list.ts. */
export interface CommandSpec {
  /** First is the default. Streaming commands have `ndjson` where others have `json`. */
  readonly formats: readonly string[];
  /** Whether the connection flags belong to it. */
  readonly connects: boolean;
  /** Two or three real ones, shown by `--help`: what to type, what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Arguments and flags of its own. Loads nothing heavy: it runs for `--help` too. */
  declare(command: Command): void;
  run(session: Session, args: readonly string[], options: CommandOptions): Promise<ExitCode>;
}

/** What Commander read, by camel-cased flag name. */
export type CommandOptions = Readonly<Record<string, unknown>>;

/** One line of the list: enough for `--help` and suggestions without loading the command. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
}

export interface WholeProgram {
  readonly program: Command;
  readonly specs: ReadonlyMap<string, CommandSpec>;
}
