import { type Home, letterIn, type Source } from '../letters/home.ts';
import type { Letter } from '../letters/letter.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly onLetter: (letter: Letter) => void;
  /** Gone before they were read: evicted while the connection was away. */
  readonly onMissed: (count: number) => void;
}

/** Tells letters as they are kept, from now on; resolves when the signal aborts. */
export async function follow(home: Home, options: FollowOptions): Promise<{ readonly ended: Promise<void> }> {
  const { signal } = options;
  const readings = home.sources.map((source) => ({
    source,
    reading: source.stream.read({ from: 'new', subject: source.subject, signal }),
  }));
  await Promise.all(readings.map(({ reading }) => reading.ready()));
  const each = async (source: Source, reading: (typeof readings)[number]['reading']): Promise<void> => {
    for await (const item of reading) {
      if (item.kind === 'gap') options.onMissed(item.to - item.from + 1);
      else {
        const letter = letterIn(source, item);
        if (letter !== undefined) options.onLetter(letter);
      }
    }
  };
  return { ended: Promise.all(readings.map(({ source, reading }) => each(source, reading))).then(() => {}) };
}
