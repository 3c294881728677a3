import { HeddleError, isHeddleError } from '../errors.ts';
import type { LogNews } from '../store/directory/recover.ts';
import { openBucket, openStream, type Place } from '../store/open.ts';
import type { Clock } from '../time/clock.ts';
import type { Home, Source } from './home.ts';
import { ABORTS, IMPORTED, JOURNAL, WATCHED } from './layout.ts';

export interface DirectoryHomeOptions {
  readonly path: string;
  readonly clock: Clock;
  /** What a writer found when it began: a torn end that was dropped, damage. */
  readonly tell?: ((news: LogNews) => void) | undefined;
}

/** What a watch kept in a directory. Throws `no_match` when nothing is kept there. */
export async function openDirectoryHome(options: DirectoryHomeOptions): Promise<Home> {
  const place: Place = { home: 'directory', ...options };
  const watched = await sourceIn(place, WATCHED);
  const imported = await sourceIn(place, IMPORTED);
  const sources = (await Promise.all([isThere(watched), isThere(imported)])).filter((each) => each !== undefined);
  if (sources.length === 0) {
    throw new HeddleError('no_match', `no dead letters are kept in ${options.path}`, {
      remedy: { do: 'keep-dead-letters' },
    });
  }
  const [journal, aborts] = await Promise.all([openBucket(place, JOURNAL), openBucket(place, ABORTS)]);
  return {
    kind: 'directory',
    where: options.path,
    sources,
    tasks: undefined,
    journal,
    aborts,
    imported: async () => {
      await imported.stream.ensure({});
      return imported;
    },
    ensureJournal: async () => void (await journal.ensure({})),
    close: async () => {
      await Promise.all([watched.stream, imported.stream, journal, aborts].map((each) => each.close()));
    },
  };
}

export async function sourceIn(place: Place, { stream, short }: { stream: string; short: string }): Promise<Source> {
  return { name: short, stream: await openStream(place, stream), subject: undefined, form: 'record', ours: true };
}

async function isThere(source: Source): Promise<Source | undefined> {
  try {
    await source.stream.info();
    return source;
  } catch (error) {
    if (isHeddleError(error) && error.code === 'no_match') return undefined;
    throw error;
  }
}
