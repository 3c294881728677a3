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
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly formats: readonly string[];
  readonly arguments: readonly { name: string; description: string; required: boolean; variadic: boolean }[];
  readonly options: readonly MappedOption[];
  readonly examples: readonly { command: string; does: string }[];
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
  readonly specs: ReadonlyMap<string, CommandFacts>;
}

/** The program as data. `only` narrows it to one command. */
export function commandMap(program: Command, specs: ReadonlyMap<string, CommandFacts>, only?: string): CommandMap {
  const commands = program.commands.filter((command) => only === undefined || command.name() === only);
  return {
    schema_version: 1,
    name: program.name(),
    version: VERSION,
    exit_codes: EXIT,
    commands: commands.map((command) => mapped(command, specs.get(command.name()))),
  };
}

function mapped(command: Command, spec: CommandFacts | undefined): MappedCommand {
  return {
    name: command.name(),
    summary: command.summary(),
    usage: `heddle-ts ${command.name()} ${command.usage()}`,
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
  };
}
