import type { CommandMap } from '../command-map.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { zsh } from './zsh.ts';

export type Operands = ReadonlyMap<string, readonly string[]>;

export interface Shell {
  readonly name: string;
  /** `operands`: the words that a command takes as its argument, for those that take no file. */
  script(map: CommandMap, operands: Operands): string;
}

export const SHELLS: readonly Shell[] = [bash, zsh, fish];
