import type { ExitCode } from './exit.ts';
import type { FlagGroup, Known, ValuesOf, WrittenFlags } from './flags/group.ts';
import type { Session } from './session.ts';

/** What every command says of itself. Loads nothing heavy: it is read for `--help` too. */
interface CommandFace {
  /** Whether the connection flags belong to it. */
  readonly connects: boolean;
  /** Two or three real ones, shown by `--help`: what to type, what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Where a format has words of its own for a failure; undefined leaves it to those of every command. */
  showFailure?(session: Session, thrown: unknown): Promise<ExitCode | undefined>;
  /**
   * Its answer holds what others wrote, or what was typed to stand there, as it is. From other answers a word of the command line
   * that is a secret is left out.
   */
  readonly exact?: true | undefined;
  /** What stands beside the flags, as Commander writes it: `[paths...]`, and what it is. */
  readonly operand?: readonly [written: string, about: string] | undefined;
}

/** What a command is. Its folder holds its flags, steps and formats; its name and summary are one line of commands.ts. */
export interface CommandSpec extends CommandFace {
  /** First is the default. Streaming commands have `ndjson` where others have `json`. */
  readonly formats: readonly string[];
  readonly groups: readonly FlagGroup[];
  /** Throws `usage` for what the operands and the flags cannot mean together. */
  refuse?(args: readonly string[], written: WrittenFlags<readonly FlagGroup[]>): void;
  run(session: Session, args: readonly string[], flags: unknown): Promise<ExitCode>;
}

/** A command as it is written: what it declares is what it has, and what it reads is what it declared. */
interface WrittenCommand<F extends string, G extends readonly FlagGroup[]> extends CommandFace {
  /** The ways to write its answer, by name: the names are the formats that it declares. */
  readonly formats: Readonly<Record<F, unknown>>;
  readonly groups: Known<G>;
  refuse?(args: readonly string[], written: WrittenFlags<G>): void;
  run(session: Session<F>, args: readonly string[], flags: ValuesOf<G>): Promise<ExitCode>;
}

export function command<F extends string, const G extends readonly FlagGroup[]>(
  written: WrittenCommand<F, G>,
): CommandSpec;
export function command(written: WrittenCommand<string, readonly FlagGroup[]>): CommandSpec {
  return { ...written, formats: Object.keys(written.formats) };
}

/** One line of a list of commands: enough for `--help` and suggestions without loading the command. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** What it does by itself; absent where its name only gathers others. */
  readonly load?: (() => Promise<CommandSpec>) | undefined;
  /** The commands below its name, such as `groups` of `dead-letter`: entries like this one, each with its own flags and help. */
  readonly verbs?: (() => Promise<readonly CommandEntry[]>) | undefined;
  /** Typed by scripts of ours alone: no help, list or map names it. */
  readonly hidden?: true | undefined;
}
