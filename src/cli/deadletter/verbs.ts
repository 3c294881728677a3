import type { CommandEntry } from '../command.ts';

/** The commands below `dead-letter`, in the order `--help` shows them. */
export const VERBS: readonly CommandEntry[] = [
  {
    name: 'groups',
    summary: 'Show what failed, by cause, the most frequent first',
    load: async () => (await import('./groups.ts')).groupsCommand,
  },
  {
    name: 'list',
    summary: 'List failed work, all that matches',
    load: async () => (await import('./list.ts')).listCommand,
  },
  {
    name: 'show',
    summary: 'Show one of them: why it failed, what to do, who listens now',
    load: async () => (await import('./show.ts')).showCommand,
  },
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
