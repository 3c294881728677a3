import { adviceOf } from '../../remedy.ts';
import { type Check, verdictOn } from '../check.ts';

export const settingsOneSource: Check = {
  id: 'settings.one_source',
  group: 'settings',
  title: 'address and credentials belong together',
  level: 'required',
  run: ({ settings }) =>
    verdictOn(
      settings.problems
        .filter(({ code }) => code === 'settings_mixed_auth')
        .map((error) => ({ problem: error.message, ...adviceOf(error), code: error.code })),
    ),
};
