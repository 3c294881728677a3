import { isJsonObject } from '../contract/json.ts';
import { decodeMessage } from '../contract/read-message.ts';
import { type Home, infoOf, letterIn, type Source } from '../letters/home.ts';
import { orphanOf, taskIdOf } from '../letters/judge.ts';
import { idOf, type Letter, letterOf } from '../letters/letter.ts';
import type { Gap, Kept } from '../store/stream.ts';
import { gapIn, type SeenGap } from './gap.ts';

export interface ScanOptions {
  /** Milliseconds since 1970: what was kept before is not looked at. */
  readonly since?: number | undefined;
  /** A task that nothing answered for so long is an orphan, where tasks are kept. */
  readonly orphanAfterMs: number;
  readonly now: number;
  /** Of a letter that a server captured, by its id: it is passed over without a look at its message, which is most of the work. */
  readonly skip?: ((id: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How much of what happened an answer can know of. Complete when the letters have been read to their end. */
export interface Coverage {
  /** When the first that is still kept was kept; undefined where nothing is. */
  firstAt: number | undefined;
  /** Were kept once and are no more: evicted by a limit, or removed. Of results, mostly such as went well. */
  readonly evicted: { readonly name: string; readonly count: number }[];
  /** Times in which something may have happened that nobody kept. */
  readonly gaps: SeenGap[];
  /** Kept by somebody else, or damaged: what stands there is no letter of ours. */
  strange: number;
  /** Went while they were read. */
  lost: number;
  /** Did not come, and may be kept: with any of these, the answer is not all that there is. */
  readonly unread: { readonly name: string; readonly count: number }[];
}

/** Whether all that is kept was read. */
export function isComplete({ unread }: Coverage): boolean {
  return unread.length === 0;
}

/** Every letter that is kept now, the oldest first, over all places. Read it to the end: the coverage is known then. */
export async function scan(
  home: Home,
  options: ScanOptions,
): Promise<{ readonly letters: AsyncGenerator<Letter>; readonly coverage: Coverage }> {
  const coverage: Coverage = { firstAt: undefined, evicted: [], gaps: [], strange: 0, lost: 0, unread: [] };
  for (const source of home.sources) {
    const { firstAt, evicted, messages } = await infoOf(source);
    if (evicted > 0) coverage.evicted.push({ name: source.stream.name, count: evicted });
    if (messages > 0 && firstAt !== undefined) coverage.firstAt = Math.min(coverage.firstAt ?? firstAt, firstAt);
  }
  const readings = home.sources.map((source) => lettersOf(source, options, coverage));
  if (home.tasks !== undefined) readings.push(orphansOf(home, home.tasks, options, coverage));
  return { letters: merged(readings), coverage };
}

async function* lettersOf(
  source: Source,
  { since, skip, signal }: ScanOptions,
  coverage: Coverage,
): AsyncGenerator<Letter> {
  // Where it begins is what is there now: what was evicted before is told with the coverage.
  const from = since === undefined ? 'all' : { time: since };
  for await (const item of source.stream.read({ from, until: 'now', subject: source.subject, signal })) {
    if (item.kind === 'gap') {
      note(source, item, coverage);
      continue;
    }
    if (skip !== undefined && source.form === 'captured' && skip(idOf(source.name, item.seq, item.at))) continue;
    const gap = source.form === 'record' ? gapIn(item) : undefined;
    const letter = gap === undefined ? letterIn(source, item) : undefined;
    if (gap !== undefined) coverage.gaps.push(gap);
    else if (letter !== undefined) yield letter;
    else if (source.form === 'record') coverage.strange += 1;
  }
}

function note({ stream }: Source, gap: Gap, coverage: Coverage): void {
  if (gap.unread === true) coverage.unread.push({ name: stream.name, count: gap.to - gap.from + 1 });
  else coverage.lost += lostIn(gap);
}

/** Whole runs vanish by a limit; single ones because somebody removed them, which is no loss. */
function lostIn({ from, to }: Gap): number {
  return to - from >= HOLE ? to - from + 1 : 0;
}

const HOLE = 1000;

async function* keptOf(source: Source, { since, signal }: ScanOptions, coverage: Coverage): AsyncGenerator<Kept> {
  const from = since === undefined ? 'all' : { time: since };
  for await (const item of source.stream.read({ from, until: 'now', subject: source.subject, signal })) {
    if (item.kind === 'kept') yield item;
    else if (item.unread === true) note(source, item, coverage);
  }
}

/** Tasks that nothing answered: known when all that could be an answer has been looked at. */
async function* orphansOf(home: Home, tasks: Source, options: ScanOptions, coverage: Coverage): AsyncGenerator<Letter> {
  const open = new Map<string, number>();
  for await (const kept of keptOf(tasks, options, coverage)) {
    const id = taskIdOf(kept.data);
    if (id !== undefined && options.now - kept.at >= options.orphanAfterMs) open.set(id, kept.seq);
  }
  for (const source of home.sources) {
    if (source.form !== 'captured') continue;
    for await (const { data } of keptOf(source, options, coverage)) {
      const answered = finalIdOf(data);
      if (answered !== undefined) open.delete(answered);
    }
  }
  if (open.size === 0) return;
  const orphans = new Set(open.values());
  for await (const { seq, at, subject = '', data: bytes } of keptOf(tasks, options, coverage)) {
    if (!orphans.has(seq)) continue;
    const finding = orphanOf(subject, bytes, options.now - at);
    yield letterOf(finding, { source: tasks.name, seq, keptAt: at, at, subject, bytes });
  }
}

/** Ends of a task: not a word on the way to one. */
const UNDER_WAY = new Set<unknown>(['pending', 'processing', 'retry']);

function finalIdOf(data: Uint8Array): string | undefined {
  const { value } = decodeMessage(undefined, data);
  if (isJsonObject(value) && UNDER_WAY.has(value.status)) return undefined;
  return taskIdOf(data);
}

/** Of several in order, one in order. */
async function* merged(readings: readonly AsyncGenerator<Letter>[]): AsyncGenerator<Letter> {
  const [only] = readings;
  if (readings.length === 1 && only !== undefined) return yield* only;
  const heads = await Promise.all(readings.map((reading) => reading.next()));
  try {
    for (;;) {
      let first = -1;
      let earliest = Number.POSITIVE_INFINITY;
      for (const [place, head] of heads.entries()) {
        if (head.done !== true && head.value.at < earliest) {
          first = place;
          earliest = head.value.at;
        }
      }
      const head = heads[first];
      const reading = readings[first];
      if (head === undefined || head.done === true || reading === undefined) return;
      yield head.value;
      heads[first] = await reading.next();
    }
  } finally {
    await Promise.all(readings.map((reading) => reading.return(undefined)));
  }
}
