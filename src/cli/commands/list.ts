import type { CommandEntry } from '../command.ts';

/** Every command, in the order `--help` shows them. test/architecture.test.ts holds this list to its folder. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'tail',
    summary: 'Watch results and dead letters, and say what was missed',
    load: async () => (await import('./tail.ts')).tail,
  },
  {
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'help',
    summary: 'Show the help of a command, or the whole command map as JSON',
    load: async () => (await import('./help.ts')).help,
  },
];
