import type { Kept } from '../../store/stream.ts';
import { keptAt, orphanIn } from '../find.ts';
import { type Home, letterIn, type Source } from '../home.ts';
import type { Kind } from '../kind.ts';
import { placeOf } from '../letter.ts';
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

/** Reads what is to be sent, each place from front to back, so that a hundred thousand cost no memory. */
export async function* textsOf(home: Home, rows: readonly Row[], signal: AbortSignal): AsyncGenerator<Found> {
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
    yield* seqs.size <= FEW ? single(home, source, seqs) : streamed(home, source, seqs, signal);
}

type Wanted = ReadonlyMap<number, readonly Row[]>;

async function* single(home: Home, source: Source, seqs: Wanted): AsyncGenerator<Found> {
  for (const [seq, rows] of [...seqs].sort(([a], [b]) => a - b)) {
    const kept = await keptAt(source, seq);
    for (const row of rows) yield foundIn(home, source, kept, row);
  }
}

async function* streamed(home: Home, source: Source, seqs: Wanted, signal: AbortSignal): AsyncGenerator<Found> {
  const left = new Map(seqs);
  const first = Math.min(...left.keys());
  for await (const item of source.stream.read({
    from: { seq: first },
    until: 'now',
    subject: source.subject,
    signal,
  })) {
    if (item.kind !== 'kept') continue;
    const rows = left.get(item.seq);
    if (rows === undefined) continue;
    left.delete(item.seq);
    for (const row of rows) yield foundIn(home, source, item, row);
    if (left.size === 0) return;
  }
  if (signal.aborted) return;
  for (const rows of left.values()) for (const row of rows) yield foundIn(home, source, undefined, row);
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
