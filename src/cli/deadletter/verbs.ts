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
    name: 'replay',
    summary: 'Send failed work again, each task once',
    load: async () => (await import('./replay/command.ts')).replayCommand,
    verbs: async () => (await import('./replay/verbs.ts')).VERBS,
  },
  {
    name: 'archive',
    summary: 'Put letters away, without removing them',
    load: async () => (await import('./change.ts')).archiveCommand,
  },
  {
    name: 'restore',
    summary: 'Take archived letters back',
    load: async () => (await import('./change.ts')).restoreCommand,
  },
  {
    name: 'delete',
    summary: 'Remove letters for good',
    load: async () => (await import('./change.ts')).deleteCommand,
  },
  {
    name: 'purge',
    summary: 'Remove all that is older than a time',
    load: async () => (await import('./change.ts')).purgeCommand,
  },
  {
    name: 'export',
    summary: 'Write letters as lines, for tail, submit and import',
    load: async () => (await import('./transfer.ts')).exportCommand,
  },
  {
    name: 'import',
    summary: 'Keep what an export or a recording holds',
    load: async () => (await import('./transfer.ts')).importCommand,
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
