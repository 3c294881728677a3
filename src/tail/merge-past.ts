import type { Gap, Kept } from '../store/stream.ts';

/** A message out of a stream. */
export type Past = Kept & { readonly subject: string };

interface Lane {
  readonly iterator: AsyncIterator<Kept | Gap>;
  next: Past | undefined;
}

/** Merges readings by the times of their messages; the first `skip` are passed over. `inWords` says what a failure is. */
export async function* inOrder(
  readings: readonly AsyncIterable<Kept | Gap>[],
  skip: number,
  inWords: (error: unknown) => unknown,
): AsyncGenerator<Past> {
  const lanes: Lane[] = readings.map((reading) => ({ iterator: reading[Symbol.asyncIterator](), next: undefined }));
  try {
    let passedOver = 0;
    await Promise.all(lanes.map(advance));
    for (;;) {
      let earliest: Lane | undefined;
      for (const lane of lanes) if (lane.next !== undefined && isBefore(lane.next, earliest?.next)) earliest = lane;
      const message = earliest?.next;
      if (earliest === undefined || message === undefined) return;
      if (passedOver < skip) passedOver += 1;
      else yield message;
      await advance(earliest);
    }
  } catch (error) {
    throw inWords(error);
  } finally {
    for (const { iterator } of lanes) await iterator.return?.();
  }
}

function isBefore(one: Past, other: Past | undefined): boolean {
  if (other === undefined || one.at < other.at) return true;
  return one.at === other.at && one.seq < other.seq;
}

/** To the next message; a tail counts what it misses live, and of the past it takes what there is. */
async function advance(lane: Lane): Promise<void> {
  for (;;) {
    const { done, value } = await lane.iterator.next();
    lane.next = undefined;
    if (done) return;
    if (value.kind === 'kept' && hasSubject(value)) {
      lane.next = value;
      return;
    }
  }
}

function hasSubject(kept: Kept): kept is Past {
  return kept.subject !== undefined;
}
