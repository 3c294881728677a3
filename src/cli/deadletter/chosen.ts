import { findLetter } from '../../deadletter/find.ts';
import { type Look, look } from '../../deadletter/look.ts';
import { chooser } from '../../deadletter/select.ts';
import type { LetterState } from '../../deadletter/standing.ts';
import { HeddleError } from '../../errors.ts';
import type { Home } from '../../letters/home.ts';
import type { Letter } from '../../letters/letter.ts';
import type { Session } from '../session.ts';
import { warnOfUnread } from './coverage.ts';
import type { HomeFlags } from './home.ts';
import { type SelectFlags, selectionOf, since } from './select.ts';

type ChoiceFlags = SelectFlags & Pick<HomeFlags, 'orphanAfter'>;

interface LookingBy {
  readonly hidden: boolean;
  readonly open: () => Promise<Home>;
  readonly unjudged?: 'shown' | 'refused' | undefined;
}

/** Looks for the letters that the flags choose. `hidden`: also for those that were sent again or archived. */
export async function lookBy(
  session: Session,
  flags: ChoiceFlags,
  { hidden, open, unjudged = 'shown' }: LookingBy,
): Promise<Look & { readonly where: string }> {
  const now = session.io.clock.now();
  const choose = chooser(await selectionOf(session, flags, { hidden }, unjudged));
  const home = await open();
  const found = await look(home, choose, {
    passHidden: !hidden,
    since: since(flags, now),
    orphanAfterMs: flags.orphanAfter,
    now,
    signal: session.stop,
  });
  return { ...found, where: home.where };
}

/** The letters that are meant: those named, or all that the flags choose and that are in one of these states. */
export async function chosenLetters(
  session: Session,
  home: Home,
  ids: readonly string[],
  flags: ChoiceFlags,
  states: readonly LetterState[],
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  if (ids.length > 0) {
    const now = session.io.clock.now();
    for (const id of ids) letters.push(await findLetter(home, id, now));
    return letters;
  }
  const { letters: found, coverage } = await lookBy(session, flags, {
    hidden: true,
    open: async () => home,
    unjudged: 'refused',
  });
  for await (const { letter, standing } of found) if (states.includes(standing.state)) letters.push(letter);
  session.stop.throwIfAborted();
  warnOfUnread(session, coverage);
  return letters;
}

const NARROW = ['group', 'kind', 'cause', 'worker', 'reason', 'since', 'where'] as const;

/** Nothing is done to letters because somebody forgot to say which. */
export function refuseNoChoice(
  what: string,
  ids: readonly string[],
  written: { value(name: (typeof NARROW)[number]): unknown },
): void {
  if (ids.length > 0 || NARROW.some((name) => written.value(name) !== undefined)) return;
  throw new HeddleError('usage', `${what} needs ids, or a choice`, {
    hint: "For instance --group <group>; 'heddle-ts dead-letter groups' shows them.",
  });
}
