import { HeddleError } from '../../errors.ts';
import type { Letter } from '../../letters/letter.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { text, toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { readSince, sinceTime } from '../flags/since.ts';
import type { Formats } from '../output-format.ts';
import { counted, formatCount } from '../screen/count.ts';
import type { Session } from '../session.ts';
import { chosenLetters, refuseNoChoice } from './chosen.ts';
import { HOME, openHome } from './home.ts';
import { SELECT } from './select.ts';

interface Changed {
  /** In the past tense: `archived`. */
  readonly did: string;
  readonly letters: number;
}

const FORMATS = {
  human:
    (session) =>
    ({ did, letters }) =>
      session.print(`${did} ${counted(letters, 'letter')}`),
  json:
    (session) =>
    ({ did, letters }) =>
      session.json({ schema_version: 1, ok: true, did, letters }),
} satisfies Formats<(changed: Changed) => void>;

const OPERAND = ['[ids...]', 'these letters; else those that the flags choose'] as const;

const SURE = flagGroup({ heading: 'Being sure:', flags: { yes: toggle('--yes', 'do it without asking') } });

/** Puts letters away: they are shown with --all only, and not replayed by a choice. */
export const archiveCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter archive d1204-7f3k', 'this one needs no more attention'],
    ['heddle-ts dead-letter archive --group k3f9x2ab', 'those of the group that there are now, not what will come'],
  ],
  operand: OPERAND,
  groups: [SELECT, HOME],
  refuse: (ids, written) => refuseNoChoice('archive', ids, written),
  run: async (session, ids, flags) => {
    const { mark } = await import('../../deadletter/mark.ts');
    const home = await openHome(session, flags);
    const letters = await chosenLetters(session, home, ids, flags, ['open', 'uncertain']);
    const count = await mark(home, letters, 'archived', session.io.clock.now());
    FORMATS[session.format](session)({ did: 'archived', letters: count });
    return EXIT.ok;
  },
});

/** Takes them back. */
export const restoreCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter restore d1204-7f3k', 'it is open again'],
    ['heddle-ts dead-letter restore --group k3f9x2ab', 'all of a group that were archived'],
  ],
  operand: OPERAND,
  groups: [SELECT, HOME],
  refuse: (ids, written) => refuseNoChoice('restore', ids, written),
  run: async (session, ids, flags) => {
    const { mark } = await import('../../deadletter/mark.ts');
    const home = await openHome(session, flags);
    const letters = await chosenLetters(session, home, ids, flags, ['archived']);
    const count = await mark(home, letters, 'open', session.io.clock.now());
    FORMATS[session.format](session)({ did: 'restored', letters: count });
    return EXIT.ok;
  },
});

/** Removes letters, and their bytes from the disk. */
export const deleteCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter delete d1204-7f3k', 'asks, and removes it for good'],
    ['heddle-ts dead-letter delete --cause unreadable --yes', 'all of one cause'],
  ],
  operand: OPERAND,
  groups: [SELECT, SURE, HOME],
  refuse: (ids, written) => refuseNoChoice('delete', ids, written),
  run: async (session, ids, flags) => {
    const { removeLetters } = await import('../../deadletter/remove.ts');
    const home = await openHome(session, flags);
    const letters: readonly Letter[] = await chosenLetters(session, home, ids, flags, [
      'open',
      'uncertain',
      'sent',
      'archived',
    ]);
    if (!(await sure(session, flags.yes, `Remove ${counted(letters.length, 'letter')} for good?`))) return EXIT.no;
    FORMATS[session.format](session)({ did: 'deleted', letters: await removeLetters(home, letters) });
    return EXIT.ok;
  },
});

const PURGING = flagGroup({
  heading: 'What goes:',
  flags: {
    before: text('--before <duration|time>', 'what was kept before: 7d, 2026-04-29T12:00:00Z', readSince),
    everything: toggle('--everything', 'all of it'),
  },
  rules: [{ flag: 'before', excludes: 'everything' }],
});

const PURGE_FORMATS = {
  human: (session) => (gone) => {
    for (const { stream, messages } of gone) session.print(`${stream}: ${formatCount(messages)} removed`);
  },
  json: (session) => (gone) => session.json({ schema_version: 1, ok: true, streams: gone }),
} satisfies Formats<(gone: readonly { readonly stream: string; readonly messages: number }[]) => void>;

/** Empties the streams of ours, or their past. */
export const purgeCommand = command({
  formats: PURGE_FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter purge --before 7d', 'asks, and removes what is older than a week'],
    ['heddle-ts dead-letter purge --everything --yes', 'all of it; the streams go on keeping what comes'],
  ],
  groups: [PURGING, SURE, HOME],
  refuse: (_args, written) => {
    if (written.value('before') !== undefined || written.value('everything') !== undefined) return;
    throw new HeddleError('usage', 'purge needs --before, or --everything');
  },
  run: async (session, _args, flags) => {
    const { purgeBefore } = await import('../../deadletter/remove.ts');
    const home = await openHome(session, flags);
    const time = flags.before === undefined ? undefined : sinceTime(flags.before, session.io.clock.now());
    const what = time === undefined ? 'everything' : `what was kept before ${new Date(time).toISOString()}`;
    if (!(await sure(session, flags.yes, `Remove ${what} for good?`))) return EXIT.no;
    PURGE_FORMATS[session.format](session)(await purgeBefore(home, time));
    return EXIT.ok;
  },
});

async function sure(session: Session, yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  const { confirmed } = await import('./replay/confirm.ts');
  const answer = await confirmed(session, question);
  if (answer === undefined) session.talk.info('nothing was removed: there is nobody to ask, and no --yes');
  return answer === true;
}
