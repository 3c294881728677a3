import type { CommandEntry } from '../../command.ts';

/** The commands below `dead-letter replay`. */
export const VERBS: readonly CommandEntry[] = [
  {
    name: 'list',
    summary: 'List every replay',
    load: async () => (await import('./operations.ts')).replayList,
  },
  {
    name: 'show',
    summary: 'Show what became of each letter of a replay',
    load: async () => (await import('./operations.ts')).replayShow,
  },
  {
    name: 'resume',
    summary: 'Go on with a replay that was stopped, or died',
    load: async () => (await import('./operations.ts')).replayResume,
  },
  {
    name: 'abort',
    summary: 'End a replay, wherever it runs; nothing is lost',
    load: async () => (await import('./operations.ts')).replayAbort,
  },
];
