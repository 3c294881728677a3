import { decodeMessage } from '../../contract/read-message.ts';
import type { Selection } from '../../deadletter/select.ts';
import { HeddleError } from '../../errors.ts';
import { CAUSES, KINDS } from '../../letters/kind.ts';
import { readCondition } from '../../tail/condition.ts';
import { turn } from '../../time/turn.ts';
import { list, text, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { readSince, sinceTime } from '../flags/since.ts';
import { word } from '../flags/word.ts';
import type { Session } from '../session.ts';

const nonEmpty = (written: string, flag: string): string => {
  if (written !== '') return written;
  throw new HeddleError('usage', `${flag}: there is an empty name in the list`);
};

const group = (written: string, flag: string): string => {
  if (/^[0-9a-z]{4,8}$/.test(written)) return written;
  throw new HeddleError('usage', `${flag}: ${JSON.stringify(written.slice(0, 60))} names no group`, {
    hint: "A group is eight letters and digits (or its first four and more): see 'heddle-ts dead-letter groups'.",
  });
};

export const SELECT = flagGroup({
  heading: 'Which (lists with commas are alternatives; all that is given must hold):',
  flags: {
    group: list('--group <group>', 'of these groups', group),
    kind: list('--kind <kind>', KINDS.join(', '), word(KINDS)),
    cause: list('--cause <cause>', CAUSES.join(', '), word(CAUSES)),
    worker: list('--worker <name>', 'of these workers', nonEmpty),
    reason: texts('--reason <text>', 'the reason holds this text', nonEmpty),
    since: text('--since <duration|time>', 'not older: 1h, 7d, 2026-04-29T12:00:00Z', readSince),
    where: texts(
      '--where <condition>',
      'as in tail: path=value, !=, ~regex, >, <; of a refusal original_task.payload.n',
      readCondition,
    ),
  },
});

export const HIDDEN = flagGroup({
  heading: 'And also:',
  flags: { all: toggle('--all', 'those that were sent again or archived, too') },
});

export type SelectFlags = ValuesOf<readonly [typeof SELECT]>;

/**
 * What the flags mean, for the room below. `unjudged`: a letter over which a pattern of the user's takes too long is shown with those
 * that match, so that none is left out for it; where something is to be done to them, nobody may guess.
 */
export async function selectionOf(
  session: Session,
  flags: SelectFlags,
  more: Pick<Selection, 'ids' | 'hidden'>,
  unjudged: 'shown' | 'refused',
): Promise<Selection> {
  const { group: groups, kind: kinds, cause: causes, worker: workers, reason } = flags;
  return {
    groups,
    kinds,
    causes,
    workers,
    reasons: reason.length === 0 ? undefined : reason,
    where: await whereOf(session, flags.where, unjudged),
    ...more,
  };
}

export function since({ since: written }: SelectFlags, now: number): number | undefined {
  return written === undefined ? undefined : sinceTime(written, now);
}

/** By the rules of `tail`. */
async function whereOf(
  { stop, talk }: Session,
  where: SelectFlags['where'],
  unjudged: 'shown' | 'refused',
): Promise<Selection['where']> {
  if (where.length === 0) return undefined;
  const [{ createFilter }, { factsOf }, { createGuard }] = await Promise.all([
    import('../../tail/filter.ts'),
    import('../../tail/facts.ts'),
    import('../../time/guard.ts'),
  ]);
  const filter = createFilter({ where }, () => createGuard());
  let told = false;
  const late = async (id: string): Promise<boolean> => {
    // Each is soon given up, and many of them are not: a signal is heard in between.
    await turn();
    stop.throwIfAborted();
    if (unjudged === 'refused') {
      throw new HeddleError(
        'usage',
        `--where: a pattern took too long over the letter ${id}: nothing was done to any`,
        {
          hint: 'Write it without repeats inside of repeats, as (a+)+ has them, or name the letters.',
        },
      );
    }
    if (!told)
      talk.warn(`--where: a pattern took too long over the letter ${id}; whatever it cannot judge is shown, too`);
    told = true;
    return true;
  };
  return ({ id, subject, bytes }) => {
    const decoded = decodeMessage(subject, bytes);
    const [verdict] = filter?.many([{ subject, bytes, decoded, facts: factsOf(subject, decoded) }]) ?? [];
    return verdict === 'undecided' ? late(id) : verdict !== 'drop';
  };
}
