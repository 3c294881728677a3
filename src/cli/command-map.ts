import type { Command } from 'commander';
import { VERSION } from '../version.ts';
import { EXIT } from './exit.ts';

export interface CommandMap {
  readonly schema_version: 1;
  readonly name: string;
  readonly version: string;
  readonly exit_codes: Readonly<Record<string, number>>;
  readonly commands: readonly MappedCommand[];
}

export interface MappedCommand {
  /** The last word of it; `usage` has all. */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly formats: readonly string[];
  readonly arguments: readonly { name: string; description: string; required: boolean; variadic: boolean }[];
  readonly options: readonly MappedOption[];
  readonly examples: readonly { command: string; does: string }[];
  /** Those below its name; there only where there are any. */
  readonly commands?: readonly MappedCommand[];
}

export interface MappedOption {
  readonly flags: string;
  readonly long: string | null;
  readonly short: string | null;
  readonly description: string;
  readonly group: string | null;
  readonly takes_value: boolean;
  readonly repeatable: boolean;
  readonly choices: readonly string[] | null;
  readonly default: unknown;
}

/** What of a command Commander does not know. */
export interface CommandFacts {
  readonly formats: readonly string[];
  readonly examples: readonly (readonly [command: string, does: string])[];
}

/** Every command, loaded and declared. */
export interface WholeProgram {
  readonly program: Command;
  readonly specs: ReadonlyMap<Command, CommandFacts>;
}

/** The program as data. `only` narrows it to one command, and those below it. */
export function commandMap({ program, specs }: WholeProgram, only?: Command): CommandMap {
  return {
    schema_version: 1,
    name: program.name(),
    version: VERSION,
    exit_codes: EXIT,
    commands: (only === undefined ? program.commands : [only]).map((command) => mapped(command, specs)),
  };
}

/** Every command of a map by what is typed for it: `tail`, `dead-letter`, `dead-letter list`. */
export function commandsByPath(
  commands: readonly MappedCommand[],
  above: readonly string[] = [],
): ReadonlyMap<string, MappedCommand> {
  return new Map(
    commands.flatMap((command) => {
      const path = [...above, command.name];
      return [[path.join(' '), command] as const, ...commandsByPath(command.commands ?? [], path)];
    }),
  );
}

function mapped(command: Command, specs: WholeProgram['specs']): MappedCommand {
  const spec = specs.get(command);
  return {
    name: command.name(),
    summary: command.summary(),
    usage: `${pathOf(command)} ${command.usage()}`,
    formats: spec?.formats ?? [],
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      required: argument.required,
      variadic: argument.variadic,
    })),
    options: command.options
      .filter((option) => !option.hidden)
      .map((option) => ({
        flags: option.flags,
        long: option.long ?? null,
        short: option.short ?? null,
        description: option.description,
        group: option.helpGroupHeading ?? null,
        takes_value: option.required || option.optional,
        repeatable: option.variadic || option.parseArg !== undefined,
        choices: option.argChoices ?? null,
        default: option.defaultValue ?? null,
      })),
    examples: (spec?.examples ?? []).map(([line, does]) => ({ command: line, does })),
    ...(command.commands.length > 0 && { commands: command.commands.map((each) => mapped(each, specs)) }),
  };
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
