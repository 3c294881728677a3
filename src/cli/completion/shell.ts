import type { CommandMap } from '../command-map.ts';

/** The words that a command takes as its argument, for those that take no file. */
export type Operands = ReadonlyMap<string, readonly string[]>;

/** A shell that can complete our command lines. */
export interface Shell {
  readonly name: string;
  /** The script that it keeps; nothing is started while somebody types. */
  script(map: CommandMap, operands: Operands): string;
}
