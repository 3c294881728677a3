import { type Home, letterIn, type Source } from '../../letters/home.ts';
import type { Kind } from '../../letters/kind.ts';
import { placeOf } from '../../letters/letter.ts';
import type { Kept } from '../../store/stream.ts';
import { keptAt, orphanIn, refuseUnread } from '../find.ts';
import { originalIn, textOf } from '../original.ts';
import type { Row } from './selection.ts';

/** A letter of a selection with the work itself; `original` undefined: it is kept no more. */
export interface Found {
  readonly row: Row;
  readonly kind: Kind;
  readonly original: string | undefined;
}

/** So few are asked for one by one. */
const FEW = 20;

/** Resolves when a reading that broke off is worth trying again; else throws why it broke off. */
export type Again = (error: unknown) => Promise<void>;

/** Reads what is to be sent, each place from front to back, so that a hundred thousand cost no memory. */
export async function* textsOf(
  home: Home,
  rows: readonly Row[],
  signal: AbortSignal,
  again: Again,
): AsyncGenerator<Found> {
  const bySource = new Map<Source, Map<number, Row[]>>();
  const sources = [...home.sources, ...(home.tasks === undefined ? [] : [home.tasks])];
  for (const row of rows) {
    const place = placeOf(row.id);
    const source = row.taskSeq === undefined ? sources.find(({ name }) => name === place?.source) : home.tasks;
    const seq = row.taskSeq ?? place?.seq;
    if (source === undefined || seq === undefined) {
      yield { row, kind: 'refusal', original: undefined };
      continue;
    }
    const seqs = bySource.get(source) ?? new Map<number, Row[]>();
    bySource.set(source, seqs.set(seq, [...(seqs.get(seq) ?? []), row]));
  }
  for (const [source, seqs] of bySource)
    yield* seqs.size <= FEW ? single(home, source, seqs, again) : streamed(home, source, seqs, signal, again);
}

type Wanted = ReadonlyMap<number, readonly Row[]>;

async function* single(home: Home, source: Source, seqs: Wanted, again: Again): AsyncGenerator<Found> {
  for (const [seq, rows] of [...seqs].sort(([a], [b]) => a - b)) {
    const kept = await asked(source, seq, again);
    for (const row of rows) yield foundIn(home, source, kept, row);
  }
}

async function asked(source: Source, seq: number, again: Again): Promise<Kept | undefined> {
  for (;;) {
    try {
      return await keptAt(source, seq);
    } catch (error) {
      await again(error);
    }
  }
}

async function* streamed(
  home: Home,
  source: Source,
  seqs: Wanted,
  signal: AbortSignal,
  again: Again,
): AsyncGenerator<Found> {
  const left = new Map(seqs);
  const { stream, subject } = source;
  for (let over = false; !over; ) {
    const from = { seq: lowestOf(left) };
    const reading = stream.read({ from, until: 'now', subject, signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await reading
          .next()
          .then((each) => {
            if (each.done !== true) refuseUnread(stream, each.value);
            return each;
          })
          .catch(async (error: unknown) => {
            await again(error);
            return undefined;
          });
        // Broken off: it begins anew with what is left.
        if (next === undefined) break;
        over = next.done === true;
        if (next.done === true) break;
        const rows = next.value.kind === 'kept' ? left.get(next.value.seq) : undefined;
        if (next.value.kind !== 'kept' || rows === undefined) continue;
        left.delete(next.value.seq);
        for (const row of rows) yield foundIn(home, source, next.value, row);
        if (left.size === 0) return;
      }
    } finally {
      await reading.return?.();
    }
  }
  if (signal.aborted) return;
  for (const rows of left.values()) for (const row of rows) yield foundIn(home, source, undefined, row);
}

function lowestOf(seqs: ReadonlyMap<number, unknown>): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const seq of seqs.keys()) lowest = Math.min(lowest, seq);
  return lowest;
}

function foundIn(home: Home, source: Source, kept: Kept | undefined, row: Row): Found {
  if (kept === undefined) return { row, kind: 'refusal', original: undefined };
  if (row.taskSeq !== undefined) return { row, kind: 'failed_result', original: textOf(kept.data) };
  // How long it has waited is of no matter here.
  const letter = source === home.tasks ? orphanIn(source, kept, kept.at) : letterIn(source, kept);
  // Its number may be that of another one by now.
  if (letter === undefined || letter.id !== row.id) return { row, kind: 'refusal', original: undefined };
  return { row, kind: letter.kind, original: originalIn(letter) };
}
