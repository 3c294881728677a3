import type { CommandEntry } from '../command.ts';

/** Every command, in the order `--help` shows them. test/architecture.test.ts holds this list to its folder. */
export const COMMANDS: readonly CommandEntry[] = [
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
  {
    name: 'validate',
    summary: 'Check configs, payloads and messages, with the place, the reason and the remedy',
    load: async () => (await import('./validate.ts')).validate,
  },
];
