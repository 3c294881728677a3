import type { Home } from '../letters/home.ts';
import type { Letter } from '../letters/letter.ts';
import { keptAt, placesOfTasks } from './find.ts';
import { originalIn, textOf } from './original.ts';

/** The failed work of a letter, from the letter itself or from where tasks are kept; undefined where nobody kept it. */
export async function originalOf(home: Home, letter: Letter): Promise<string | undefined> {
  const own = originalIn(letter);
  if (own !== undefined || home.tasks === undefined || letter.kind !== 'failed_result') return own;
  const { workId } = letter;
  if (workId === undefined) return undefined;
  const seq = (await placesOfTasks(home, new Set([workId]))).get(workId);
  const kept = seq === undefined ? undefined : await keptAt(home.tasks, seq);
  return kept === undefined ? undefined : textOf(kept.data);
}
