import { defineWorker } from '../../../src/worker/define.ts';

/** Counts the words of a text; the same worker stands beside this in Python and in shell. */
export default defineWorker<{ text: string; keep?: unknown }, { words: number; keep?: unknown }>({
  handle: ({ text, ...rest }) => {
    if (text === 'bad') throw new Error('that text is bad');
    return { words: text.split(' ').filter((word) => word !== '').length, ...rest };
  },
});
