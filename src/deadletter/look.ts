import { type Home, infoOf, letterIn } from '../letters/home.ts';
import type { Letter } from '../letters/letter.ts';
import { readStandings, type Standings } from './journal.ts';
import { readOperations, runningOf } from './replay/operation.ts';
import { type Coverage, type ScanOptions, scan } from './scan.ts';
import { type Choose, isHidden } from './select.ts';
import type { Standing } from './standing.ts';

/** A look at all letters: those that are meant, each with what was done with it. */
export interface Look {
  readonly letters: AsyncGenerator<{ readonly letter: Letter; readonly standing: Standing }>;
  /** Complete at the end. */
  readonly coverage: Coverage;
  readonly standings: Standings;
  /** Those that are not shown because they were sent again or archived; complete at the end. */
  readonly hidden: () => number;
  /** Failed since the look began. */
  newSince(): Promise<number>;
}

export interface LookOptions extends Omit<ScanOptions, 'skip'> {
  /** What was sent again or archived is passed over and counted, whatever else is chosen. Default false. */
  readonly passHidden?: boolean | undefined;
}

export async function look(home: Home, choose: Choose, options: LookOptions): Promise<Look> {
  const standings = await standingsOf(home, options.now);
  const lasts = await Promise.all(home.sources.map(async (source) => (await infoOf(source)).last));
  let hidden = 0;
  const isHiddenOne = (id: string): boolean => {
    const entry = standings.entryOf(id);
    if (entry === undefined || !isHidden(standings.stateOf(entry))) return false;
    hidden += 1;
    return true;
  };
  const skip = options.passHidden === true ? isHiddenOne : undefined;
  const { letters, coverage } = await scan(home, { ...options, skip });
  const chosen = async function* (): Look['letters'] {
    for await (const letter of letters) {
      const standing = standings.of(letter);
      if (await choose(letter, standing)) yield { letter, standing };
      else if (isHidden(standing.state)) hidden += 1;
    }
  };
  return { letters: chosen(), coverage, standings, hidden: () => hidden, newSince: () => countNew(home, lasts) };
}

export async function standingsOf(home: Home, now: number): Promise<Standings> {
  return await readStandings(home.journal, await runningOf(await readOperations(home.journal), now));
}

async function countNew(home: Home, lasts: readonly number[]): Promise<number> {
  let count = 0;
  for (const [place, source] of home.sources.entries()) {
    const from = (lasts[place] ?? 0) + 1;
    if ((await infoOf(source)).last < from) continue;
    for await (const item of source.stream.read({ from: { seq: from }, until: 'now', subject: source.subject })) {
      if (item.kind === 'kept' && letterIn(source, item) !== undefined) count += 1;
    }
  }
  return count;
}
