import type { Home } from '../letters/home.ts';
import type { Letter } from '../letters/letter.ts';
import { type Entry, entryIn, entryText, itemKey, workKey } from './journal.ts';

/** Puts letters away, or takes them back. Only these letters: what comes later is another matter. Returns how many changed. */
export async function mark(
  home: Home,
  letters: readonly Letter[],
  as: 'archived' | 'open',
  now: number,
): Promise<number> {
  await home.ensureJournal();
  let changed = 0;
  for (let from = 0; from < letters.length; from += AT_ONCE) {
    const done = await Promise.all(letters.slice(from, from + AT_ONCE).map((each) => markOne(home, each, as, now)));
    changed += done.filter(Boolean).length;
  }
  return changed;
}

const AT_ONCE = 64;

async function markOne({ journal }: Home, letter: Letter, as: 'archived' | 'open', now: number): Promise<boolean> {
  const key = itemKey(letter.id);
  for (;;) {
    const standing = await journal.get(key);
    const before = standing && entryIn(standing.value);
    if (as === 'open' && before?.state !== 'archived') return false;
    if (before?.state === as) return false;
    const entry: Entry = {
      state: as,
      operation: before?.operation,
      at: before?.at ?? now,
      sends: before?.sends ?? 0,
      work: before?.work ?? workKey(letter),
      newWork: before?.newWork,
    };
    const text = entryText(entry);
    const written =
      standing === undefined ? await journal.create(key, text) : await journal.update(key, text, standing.revision);
    if (written !== 'exists' && written !== 'changed') return true;
  }
}
