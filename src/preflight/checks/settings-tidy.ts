import { type Check, verdictOn } from '../check.ts';

export const settingsTidy: Check = {
  id: 'settings.tidy',
  group: 'settings',
  title: 'nothing about the settings is doubtful',
  level: 'advisory',
  run: ({ settings }) =>
    verdictOn(
      settings.warnings.map(({ id, message, hint }) => ({ target: id, problem: message, hint })),
      settings.envFile === undefined ? 'no .env file' : `.env file read: ${settings.envFile}`,
    ),
};
