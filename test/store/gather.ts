import assert from 'node:assert/strict';
import type { Gap, Kept, Reading, ReadOptions, Stream } from '../../src/store/stream.ts';

export const text = ({ data }: { readonly data: Uint8Array }): string => Buffer.from(data).toString();

/** What was told: the text of a message, or the range of a gap. */
export function shown(entry: Kept | Gap): string {
  return entry.kind === 'gap' ? `gap ${entry.from}-${entry.to}` : text(entry);
}

/** All of it, until now. */
export async function readNow(stream: Stream, options: ReadOptions = {}): Promise<string[]> {
  return (await entriesNow(stream, options)).map(shown);
}

export async function entriesNow(stream: Stream, options: ReadOptions = {}): Promise<(Kept | Gap)[]> {
  const told: (Kept | Gap)[] = [];
  for await (const entry of stream.read({ ...options, until: 'now' })) told.push(entry);
  return told;
}

/** The next `count` of what is told. */
export async function take(reading: AsyncIterator<Kept | Gap>, count: number): Promise<string[]> {
  const told: string[] = [];
  while (told.length < count) {
    const next = await reading.next();
    if (next.done) break;
    told.push(shown(next.value));
  }
  return told;
}

export function iterate(reading: Reading): AsyncIterator<Kept | Gap> {
  return reading[Symbol.asyncIterator]();
}

/** Every sequence of a range was told once: as a message or within a gap, in order. */
export function assertAccounted(entries: readonly (Kept | Gap)[], from: number, to: number): void {
  let next = from;
  for (const entry of entries) {
    if (entry.kind === 'gap') {
      assert.equal(entry.from, next, `a gap ${entry.from}-${entry.to} where ${next} was next`);
      assert.ok(entry.to >= entry.from);
      next = entry.to + 1;
    } else {
      assert.equal(entry.seq, next);
      next += 1;
    }
  }
  assert.equal(next, to + 1, 'not everything was told');
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
