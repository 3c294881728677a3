import type { MappedCommand } from '../command-map.ts';

/** Every command by what is typed for it. */
export type Commands = ReadonlyMap<string, MappedCommand>;

/** The words that a command takes as its argument, for those that take no file. */
export type Operands = ReadonlyMap<string, readonly string[]>;

/** A shell that can complete our command lines. */
export interface Shell {
  readonly name: string;
  /** The script that it keeps; nothing is started while somebody types. */
  script(commands: Commands, operands: Operands): string;
}

/** The names that stand first on a command line. */
export function topLevel(commands: Commands): string[] {
  return [...commands.keys()].filter((path) => !path.includes(' '));
}

/** A pattern, for `case` of bash and zsh, of those that stand below others; one that nothing matches where there are none. */
export function below(commands: Commands): string {
  const paths = [...commands.keys()].filter((path) => path.includes(' '));
  return paths.length === 0 ? '""' : paths.map((path) => `"${path}"`).join('|');
}
