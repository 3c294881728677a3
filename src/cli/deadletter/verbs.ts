import type { CommandEntry } from '../command.ts';

/** The commands below `dead-letter`, in the order `--help` shows them. */
export const VERBS: readonly CommandEntry[] = [
  {
    name: 'enable',
    summary: 'Have the server keep failed work, with no process of ours',
    load: async () => (await import('./enable.ts')).enableCommand,
  },
  {
    name: 'disable',
    summary: 'Remove what enable made, after an export',
    load: async () => (await import('./disable.ts')).disableCommand,
  },
  {
    name: 'watch',
    summary: 'Show failed work as it comes; without JetStream, keep it in a folder',
    load: async () => (await import('./watch.ts')).watchCommand,
  },
];
