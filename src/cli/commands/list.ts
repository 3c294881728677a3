import type { CommandEntry } from '../command.ts';

/** Every command, in the order `--help` shows them. test/architecture.test.ts holds this list to its folder. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'preflight',
    summary: 'Check this machine, the connection and the bus, with the cause and the remedy',
    load: async () => (await import('./preflight.ts')).preflight,
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
