import type { CommandEntry } from '../command.ts';

/** What the scripts ask while somebody types. No list shows it: nobody types it. */
export const COMPLETION_VERBS: readonly CommandEntry[] = [
  {
    name: 'values',
    summary: 'Print what may stand at a place of a command line, for the completion scripts',
    hidden: true,
    load: async () => (await import('./asked.ts')).completionValues,
  },
];
