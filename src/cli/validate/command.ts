import { command } from '../command.ts';
import { VALIDATE } from './flags.ts';
import { FORMATS } from './formats/list.ts';

/** Says of each config whether Heddle can work with it, where not, why, and what to write instead. */
export const validate = command({
  formats: FORMATS,
  connects: false,
  examples: [
    ['heddle-ts validate configs/', 'every config below a directory'],
    ["heddle-ts validate 'configs/**/*.yaml' -o github", 'as annotations of a pull request'],
    ['heddle-ts validate --explain wrong-type', 'what a rule is about, with an example'],
    ['heddle-ts validate --payload task.json --against configs/workers/echo.yaml', 'a payload against a schema'],
  ],
  operand: ['[paths...]', 'files, directories, globs in quotes, or - for stdin'],
  groups: [VALIDATE],
  run: async (session, args, flags) => {
    if (flags.rules || flags.explain !== undefined) {
      return (await import('./show-rules.ts')).showRules(session, flags.explain);
    }
    if (flags.payload !== undefined && flags.against !== undefined) {
      const { runPayload } = await import('./run-payload.ts');
      return runPayload(session, args, { ...flags, payload: flags.payload, against: flags.against });
    }
    if (flags.messages !== undefined) {
      return (await import('./run-messages.ts')).runMessages(session, args, flags.messages, flags.acceptFrames);
    }
    if (flags.compat) return (await import('./run-compat.ts')).runCompat(session, args, flags);
    return (await import('./run-files.ts')).runFiles(session, args, flags);
  },
});
