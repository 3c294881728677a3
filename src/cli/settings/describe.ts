import { formatDuration } from '../flags/duration.ts';
import { disarmLine } from '../screen/disarm.ts';
import { HIDDEN, isOrHoldsSecret } from '../screen/looks-secret.ts';
import { SETTINGS } from './catalog.ts';
import { shownPath } from './files.ts';
import type { ResolvedSetting, ResolvedSettings } from './resolve.ts';
import { shownAddress } from './server-url.ts';
import { sourceText } from './source.ts';

/** A line of what `preflight` and `-v` show. Nothing in it is secret or can act on a terminal. */
export interface SettingRow {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  /** Why it is not used, when it is not. */
  readonly unused?: string | undefined;
}

export function describeSettings(resolved: ResolvedSettings): SettingRow[] {
  return SETTINGS.flatMap(({ name }) => {
    const setting = resolved.settings.get(name);
    if (setting === undefined) return [];
    return [
      {
        name,
        value: shownValue(setting, resolved),
        source: disarmLine(sourceText(setting.source)),
        unused: setting.unused,
      },
    ];
  });
}

function shownValue({ name, value }: ResolvedSetting, resolved: ResolvedSettings): string {
  switch (value.kind) {
    case 'servers':
      return value.servers.length === 0 ? value.redacted : value.servers.map(shownAddress).join(', ');
    case 'text':
      // Without a password the `nats` CLI takes a user for a token, so people have tokens standing there.
      return (name === 'user' && !hasPassword(resolved)) || isOrHoldsSecret(value.text)
        ? HIDDEN
        : disarmLine(value.text);
    case 'switch':
      return 'yes';
    case 'duration':
      return formatDuration(value.ms);
    case 'inline':
      return value.shown;
    case 'file':
      return shownPath(value.path);
  }
}

function hasPassword(resolved: ResolvedSettings): boolean {
  const password = resolved.settings.get('password');
  return password !== undefined && password.unused === undefined;
}
