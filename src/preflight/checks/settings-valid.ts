import { adviceOf } from '../../remedy.ts';
import { type Check, verdictOn } from '../check.ts';

export const settingsValid: Check = {
  id: 'settings.valid',
  group: 'settings',
  title: 'the connection settings are complete and readable',
  level: 'required',
  run: ({ settings }) => {
    const problems = settings.problems.filter(({ code }) => code !== 'settings_mixed_auth');
    const from = settings.rows
      .filter(({ unused }) => unused === undefined)
      .map(({ name, value, source }) => `${name} ${value} (${source})`);
    return verdictOn(
      problems.map((error) => ({ problem: error.message, ...adviceOf(error), code: error.code })),
      from.join(', '),
    );
  },
};
