import type { CommandMap } from '../command-map.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { zsh } from './zsh.ts';

export interface Shell {
  readonly name: string;
  script(map: CommandMap): string;
}

export const SHELLS: readonly Shell[] = [bash, zsh, fish];
