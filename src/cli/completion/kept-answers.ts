import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import type { Io } from '../io.ts';
import { describeSettings } from '../settings/describe.ts';
import type { ResolvedSettings } from '../settings/resolve.ts';

/** A key that is pressed again and again asks the bus once in this time. */
const KEPT_MS = 10_000;
/** Nothing was there, or nobody answered in time: that may change sooner. */
const NONE_KEPT_MS = 2000;
/** Ours is a few kilobytes; what is larger is not ours. */
const LARGEST = 256 * 1024;

/** Where the answers to one question, asked with these settings, are kept. Undefined: there is no place that is the user's alone. */
export type Place = { readonly folder: string; readonly file: string } | undefined;

/** Settings stand in the name as a digest of what may be shown of them: no secret goes in. */
export function answersOf(asked: string, settings: ResolvedSettings, { env, home, platform }: Io): Place {
  const { isAbsolute, join } = platform === 'win32' ? win32 : posix;
  const named = env.XDG_CACHE_HOME ?? '';
  const above = isAbsolute(named) ? named : home === '' ? undefined : join(home, '.cache');
  if (above === undefined) return undefined;
  const folder = join(above, 'heddle-ts');
  const digest = createHash('sha256')
    .update(JSON.stringify([asked, describeSettings(settings)]))
    .digest('hex');
  return { folder, file: join(folder, `completion-${digest.slice(0, 32)}.json`) };
}

export function keptAnswer(place: Place, { clock, platform }: Io): readonly string[] | undefined {
  if (place === undefined || !isPrivate(place.folder, platform)) return undefined;
  try {
    const { size } = lstatSync(place.file);
    if (size > LARGEST) return undefined;
    const { at, names }: { at?: unknown; names?: unknown } = JSON.parse(readFileSync(place.file, 'utf8'));
    if (typeof at !== 'number' || !Array.isArray(names)) return undefined;
    const age = clock.now() - at;
    return age >= 0 && age < (names.length === 0 ? NONE_KEPT_MS : KEPT_MS)
      ? names.filter((name) => typeof name === 'string')
      : undefined;
  } catch {
    return undefined;
  }
}

/** As well as it can: without it, the next key asks again. */
export function keepAnswer(place: Place, names: readonly string[], { clock, pid, platform }: Io): void {
  if (place === undefined) return;
  const draft = `${place.file}.${pid}`;
  try {
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    if (!isPrivate(place.folder, platform)) return;
  } catch {
    return;
  }
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify({ at: clock.now(), names }), { flag: 'wx', mode: 0o600 });
    renameSync(draft, place.file);
  } catch {
    rmSync(draft, { force: true });
  }
}

/** A folder, no link, that nobody else may look into. */
function isPrivate(folder: string, platform: NodeJS.Platform): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (platform === 'win32' || (found.mode & 0o077) === 0);
}
