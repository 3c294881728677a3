import type { MappedCommand, MappedOption } from '../command-map.ts';
import type { Values } from './values.ts';

/** A command as a shell completes it. */
export interface Completed {
  readonly command: MappedCommand;
  /** What may stand beside its flags. */
  readonly operands: Values;
  readonly options: readonly (MappedOption & {
    /** Undefined: it takes no value. */
    readonly values: Values | undefined;
  })[];
}

/** Every command by what is typed for it. */
export type Commands = ReadonlyMap<string, Completed>;

/** A shell that can complete our command lines. */
export interface Shell {
  readonly name: string;
  /** The script that it keeps: every name that does not depend on a bus stands in it, and nothing is started for those. */
  script(commands: Commands): string;
}

/** The names that stand first on a command line. */
export function topLevel(commands: Pick<Commands, 'keys'>): string[] {
  return [...commands.keys()].filter((path) => !path.includes(' '));
}

/** A pattern, for `case` of bash and zsh, of those that stand below others; one that nothing matches where there are none. */
export function below(commands: Commands): string {
  const paths = [...commands.keys()].filter((path) => path.includes(' '));
  return paths.length === 0 ? '""' : paths.map((path) => `"${path}"`).join('|');
}
