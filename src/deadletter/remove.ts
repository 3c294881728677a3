import { HeddleError, isHeddleError } from '../errors.ts';
import type { Home, Source } from '../letters/home.ts';
import type { Letter } from '../letters/letter.ts';
import { itemKey } from './journal.ts';

/** Removes letters for good, with what the journal says of them. Returns how many there were. */
export async function removeLetters(home: Home, letters: readonly Letter[]): Promise<number> {
  const bySource = new Map<string, number[]>();
  for (const { source, seq } of letters) {
    const seqs = bySource.get(source);
    if (seqs === undefined) bySource.set(source, [seq]);
    else seqs.push(seq);
  }
  const sources = sourcesOf(home);
  for (const name of bySource.keys()) {
    const source = sources.find((each) => each.name === name);
    if (source?.ours === false) throw foreign(source);
  }
  let removed = 0;
  for (const [name, seqs] of bySource) {
    removed += (await sources.find((each) => each.name === name)?.stream.remove(seqs)) ?? 0;
  }
  for (const { id } of letters) await home.journal.delete(itemKey(id)).catch(unlessAbsent);
  return removed;
}

/** Removes everything that is older than a time, or everything. Returns what went, by stream; streams of others stay as they are. */
export async function purgeBefore(
  home: Home,
  time: number | undefined,
): Promise<readonly { readonly stream: string; readonly messages: number }[]> {
  const gone: { stream: string; messages: number }[] = [];
  for (const { stream, ours } of sourcesOf(home)) {
    if (!ours) continue;
    const before = time === undefined ? undefined : await firstSince(stream, time);
    gone.push({ stream: stream.name, messages: await stream.purge(before === undefined ? {} : { before }) });
  }
  return gone;
}

function sourcesOf({ sources, tasks }: Home): readonly Source[] {
  return [...sources, ...(tasks === undefined ? [] : [tasks])];
}

async function firstSince(stream: Source['stream'], time: number): Promise<number> {
  const { last } = await stream.info();
  for await (const item of stream.read({ from: { time }, until: 'now' })) if (item.kind === 'kept') return item.seq;
  return last + 1;
}

function foreign({ stream }: Source): HeddleError {
  return new HeddleError(
    'input_invalid',
    `the stream ${JSON.stringify(stream.name)} is not ours: nothing is removed from it`,
    {
      hint: 'Archive the letters instead, or remove them with what made the stream.',
    },
  );
}

function unlessAbsent(error: unknown): void {
  if (!isHeddleError(error) || error.code !== 'no_match') throw error;
}
