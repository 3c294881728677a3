import { HeddleError, isHeddleError } from '../errors.ts';
import { openBucket, openStream, type Place, streamsCapturing } from '../store/open.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import type { Home, Source } from './home.ts';
import { JOURNAL, LAYOUT, type Part } from './layout.ts';

/**
 * What JetStream keeps, in streams of ours and in those of others that capture the same subjects. Throws `no_match` when nothing there
 * keeps dead letters.
 */
export async function openJetStreamHome(bus: Transport, clock: Clock): Promise<Home> {
  const place = { home: 'jetstream', bus, clock } as const;
  const [letters, results, tasks, rejections, imported] = await Promise.all([
    capturing(place, bus, 'letters'),
    capturing(place, bus, 'results'),
    ourOwn(place, 'tasks'),
    capturing(place, bus, 'rejections'),
    ourOwn(place, 'imported'),
  ]);
  const sources = [...letters, ...results, ...rejections, ...(imported === undefined ? [] : [imported])];
  if (sources.length === 0) {
    throw new HeddleError('no_match', `no stream on ${bus.url} keeps dead letters`, {
      remedy: { do: 'keep-dead-letters' },
    });
  }
  // What somebody did a moment ago decides what may be sent.
  const journal = await openBucket({ ...place, exact: true }, JOURNAL);
  return {
    kind: 'jetstream',
    where: bus.url,
    sources,
    tasks,
    journal,
    aborts: undefined,
    imported: async () => {
      const source = imported ?? (await opened(place, 'imported'));
      await source.stream.ensure({});
      return source;
    },
    ensureJournal: async () => void (await journal.ensure({})),
    close: async () => {
      const streams = [...sources, ...(tasks === undefined ? [] : [tasks])].map(({ stream }) => stream);
      await Promise.all([...streams, journal].map((each) => each.close()));
    },
  };
}

async function capturing(place: Place, bus: Transport, part: Part): Promise<Source[]> {
  const own = await ourOwn(place, part);
  const { captures, stream } = LAYOUT[part];
  if (own !== undefined) return [own];
  return captures === undefined ? [] : await others(place, bus, captures, [stream]);
}

async function ourOwn(place: Place, part: Part): Promise<Source | undefined> {
  const source = await opened(place, part);
  try {
    await source.stream.info();
    return source;
  } catch (error) {
    await source.stream.close();
    if (isHeddleError(error) && error.code === 'no_match') return undefined;
    throw error;
  }
}

async function opened(place: Place, part: Part): Promise<Source> {
  const { stream, short, captures } = LAYOUT[part];
  const form = captures === undefined ? 'record' : 'captured';
  return { name: short, stream: await openStream(place, stream), subject: undefined, form, ours: true };
}

/** Streams that somebody else made, which keep these subjects among theirs. Where there is no JetStream there are none. */
async function others(place: Place, bus: Transport, pattern: string, not: readonly string[]): Promise<Source[]> {
  let names: readonly string[];
  try {
    names = await streamsCapturing(bus, pattern, place.clock);
  } catch (error) {
    if (isHeddleError(error) && error.code === 'no_match') return [];
    throw error;
  }
  return await Promise.all(
    names
      .filter((name) => !not.includes(name))
      .map(async (name): Promise<Source> => {
        const stream = await openStream(place, name);
        return { name, stream, subject: pattern, form: 'captured', ours: false };
      }),
  );
}
