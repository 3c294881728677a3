import { adviceOf } from '../../remedy.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import type { SettingsView } from '../probe.ts';

const valid: Check = {
  id: 'settings.valid',
  group: 'settings',
  title: 'the connection settings are complete and readable',
  level: 'required',
  run: ({ settings }) => {
    const from = settings.rows
      .filter(({ unused }) => unused === undefined)
      .map(({ name, value, source }) => `${name} ${value} (${source})`);
    return verdictOn(
      problemsWhere(settings, (code) => code !== 'settings_mixed_auth'),
      from.join(', '),
    );
  },
};

const oneSource: Check = {
  id: 'settings.one_source',
  group: 'settings',
  title: 'address and credentials belong together',
  level: 'required',
  run: ({ settings }) => verdictOn(problemsWhere(settings, (code) => code === 'settings_mixed_auth')),
};

const tidy: Check = {
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

export const SETTINGS_CHECKS: readonly Check[] = [valid, oneSource, tidy];

function problemsWhere({ problems }: SettingsView, wanted: (code: string) => boolean): Finding[] {
  return problems
    .filter(({ code }) => wanted(code))
    .map((error) => ({ problem: error.message, ...adviceOf(error), code: error.code }));
}
