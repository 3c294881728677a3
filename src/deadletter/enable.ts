import { isHeddleError } from '../errors.ts';
import { JOURNAL, LAYOUT, type Part } from '../letters/layout.ts';
import { openBucket, openStream, type Place, streamsCapturing, subjectsKept } from '../store/open.ts';
import type { Ensured, Stream } from '../store/stream.ts';
import type { Clock } from '../time/clock.ts';
import { covers } from '../transport/permissions.ts';
import type { Transport } from '../transport/transport.ts';

export interface EnableOptions {
  /** What is to be kept besides what routers refuse. */
  readonly parts: readonly Part[];
  readonly maxAgeMs: number;
  /** Of each stream. */
  readonly maxBytes: number;
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  /** Change what stands and differs. */
  readonly change: boolean;
  readonly clock: Clock;
}

/** What became of one stream, or of the journal. */
export interface Enabled extends Ensured {
  readonly name: string;
  readonly captures: string | undefined;
  /** Somebody else's stream keeps these subjects already, and is read in the place of one of ours. */
  readonly by: readonly string[];
  /** Those keep some of these subjects only, and no stream can be made for the others: a server lets two keep no subject both. */
  readonly partly: boolean;
}

/** What was done with a letter is known for so much longer than the letter itself is kept. */
const JOURNAL_AGES = 2;

/**
 * Makes the streams in which the server keeps failed work with nobody of ours running, and the journal beside them. What stands is only
 * compared, unless a change is asked for.
 */
export async function enable(bus: Transport, options: EnableOptions): Promise<readonly Enabled[]> {
  const { maxAgeMs, maxBytes, replicas, storage, change, clock } = options;
  const place: Place = { home: 'jetstream', bus, clock, replicas, storage };
  const done: Enabled[] = [];
  for (const part of [...options.parts, 'imported'] as const) {
    const { stream: name, captures } = LAYOUT[part];
    const { by, partly } = await takenBy(bus, captures, name, clock);
    if (by.length > 0) {
      done.push({ name, captures, by, partly, made: false, differences: [], changed: false });
      continue;
    }
    const stream = await openStream(place, name);
    const limits = { ...(captures !== undefined && { subjects: [captures] }), maxAgeMs, maxBytes };
    done.push({ name, captures, by, partly, ...(await stream.ensure(limits, { change })) });
    await stream.close();
  }
  const journal = await openBucket(place, JOURNAL);
  done.push({
    name: JOURNAL,
    captures: undefined,
    by: [],
    partly: false,
    ...(await journal.ensure({ ttlMs: maxAgeMs * JOURNAL_AGES }, { change })),
  });
  await journal.close();
  return done;
}

/** By whom else. */
async function takenBy(
  bus: Transport,
  pattern: string | undefined,
  name: string,
  clock: Clock,
): Promise<Pick<Enabled, 'by' | 'partly'>> {
  if (pattern === undefined) return { by: [], partly: false };
  const by = (await streamsCapturing(bus, pattern, clock)).filter((each) => each !== name);
  const kept = await Promise.all(by.map((each) => subjectsKept(bus, each, clock)));
  return { by, partly: by.length > 0 && !kept.flat().some((subject) => covers(subject, pattern)) };
}

/** The names of our streams that stand. */
export async function standing(bus: Transport, clock: Clock): Promise<readonly string[]> {
  return await onEach(bus, clock, async () => {});
}

/** Removes every stream of ours, and the journal. Returns their names. */
export async function disable(bus: Transport, clock: Clock): Promise<readonly string[]> {
  const gone = await onEach(bus, clock, (stream) => stream.destroy());
  const journal = await openBucket({ home: 'jetstream', bus, clock }, JOURNAL);
  await journal.destroy();
  await journal.close();
  return gone;
}

async function onEach(
  bus: Transport,
  clock: Clock,
  act: (stream: Stream) => Promise<void>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { stream: name } of Object.values(LAYOUT)) {
    const stream = await openStream({ home: 'jetstream', bus, clock }, name);
    if (await isThere(stream)) {
      await act(stream);
      found.push(name);
    }
    await stream.close();
  }
  return found;
}

/** False where there is none of the name, and where there is no JetStream. */
export async function isThere(stream: Pick<Stream, 'info'>): Promise<boolean> {
  try {
    await stream.info();
    return true;
  } catch (error) {
    if (isHeddleError(error) && error.code === 'no_match') return false;
    throw error;
  }
}
