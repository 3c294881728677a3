import { HeddleError } from '../errors.ts';
import { type Home, letterIn, type Source } from '../letters/home.ts';
import { orphanOf, taskIdOf } from '../letters/judge.ts';
import { type Letter, letterOf, placeOf } from '../letters/letter.ts';
import type { Gap, Kept, Stream } from '../store/stream.ts';

/** The letter of an id; its last four letters may be missing. Throws `no_match` with the reason. */
export async function findLetter(home: Home, id: string, now: number): Promise<Letter> {
  const place = placeOf(id);
  if (place === undefined) throw new HeddleError('usage', `${shown(id)} is no id of a dead letter`);
  const candidates = [...home.sources, ...(home.tasks === undefined ? [] : [home.tasks])];
  const source = candidates.find(({ name }) => name === place.source);
  if (source === undefined) throw gone(id, `${home.where} keeps nothing under "${place.source}"`);
  const kept = await keptAt(source, place.seq);
  if (kept === undefined) throw gone(id, 'it was evicted by a limit, or removed');
  const letter = source === home.tasks ? orphanIn(source, kept, now) : letterIn(source, kept);
  if (letter === undefined) throw gone(id, 'what stands at its place is no failed work');
  if (place.check !== undefined && !letter.id.endsWith(`-${place.check}`)) {
    throw gone(id, `the number is that of another one now: ${letter.id}`);
  }
  return letter;
}

export async function keptAt({ stream, subject }: Source, seq: number): Promise<Kept | undefined> {
  for await (const item of stream.read({ from: { seq }, until: 'now', subject })) {
    refuseUnread(stream, item);
    if (item.kind === 'kept') return item.seq === seq ? item : undefined;
  }
  return undefined;
}

export function orphanIn(source: Source, { seq, at, subject = '', data: bytes }: Kept, now: number): Letter {
  return letterOf(orphanOf(subject, bytes, now - at), { source: source.name, seq, keptAt: at, at, subject, bytes });
}

/** Where the tasks of these ids are kept, by id; of one that was sent several times the first. `each` sees them as they are found. */
export async function placesOfTasks(
  home: Home,
  workIds: ReadonlySet<string>,
  each: (workId: string, bytes: Uint8Array) => void = () => {},
): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  if (home.tasks === undefined || workIds.size === 0) return places;
  for await (const item of home.tasks.stream.read({ until: 'now' })) {
    refuseUnread(home.tasks.stream, item);
    if (item.kind !== 'kept') continue;
    const id = taskIdOf(item.data);
    if (id !== undefined && workIds.has(id) && !places.has(id)) {
      places.set(id, item.seq);
      each(id, item.data);
    }
    if (places.size === workIds.size) break;
  }
  return places;
}

/** What did not come is not gone: who looks for something there cannot say that it is not. */
export function refuseUnread({ name }: Pick<Stream, 'name'>, item: Kept | Gap): void {
  if (item.kind !== 'gap' || item.unread !== true) return;
  throw new HeddleError('store_failed', `not all that ${JSON.stringify(name)} may keep could be read`, {
    hint: 'A copy that is behind catches up by itself: try again. Reading around it takes the right to read single messages.',
    retryable: true,
  });
}

function gone(id: string, why: string): HeddleError {
  return new HeddleError('no_match', `there is no dead letter ${shown(id)}: ${why}`);
}

function shown(id: string): string {
  return JSON.stringify(id.slice(0, 200));
}
