import { adviceOf } from '../../remedy.ts';
import { type Check, verdictOn } from '../check.ts';

export const settingsTidy: Check = {
  id: 'settings.tidy',
  group: 'settings',
  title: 'nothing about the settings is doubtful',
  level: 'advisory',
  run: ({ settings }) =>
    verdictOn(
      settings.warnings.map((warning) => ({ target: warning.id, problem: warning.message, ...adviceOf(warning) })),
      settings.envFile === undefined ? 'no .env file' : `.env file read: ${settings.envFile}`,
    ),
};
