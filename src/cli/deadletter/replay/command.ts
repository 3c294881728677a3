import { systemRandom } from '../../../contract/ids.ts';
import { isComplete } from '../../../deadletter/scan.ts';
import { chooser, type Selection } from '../../../deadletter/select.ts';
import { HeddleError } from '../../../errors.ts';
import type { Home } from '../../../letters/home.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import type { WrittenFlags } from '../../flags/group.ts';
import { counted } from '../../screen/count.ts';
import type { Session } from '../../session.ts';
import { notAllRead } from '../coverage.ts';
import { openHomeAndBus } from '../home.ts';
import { selectionOf, since } from '../select.ts';
import { type Kept, keptDocument, REPLAY, type ReplayFlags } from './flags.ts';
import { FORMATS } from './view.ts';

const NARROW = ['group', 'kind', 'cause', 'worker', 'reason', 'since', 'where'] as const;

/** Sends failed work again: shows the plan, asks, sends each once. */
export const replayCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter replay --group k3f9x2ab', 'shows what would be sent, asks, sends'],
    ['heddle-ts dead-letter replay --cause rate_limited --rate 10/m --yes', 'no faster than the limit allows'],
    ['heddle-ts dead-letter replay d1204-7f3k --set text=hello --wait', 'mended, and followed to its answer'],
    ['heddle-ts dead-letter replay d1204-7f3k --edit --config worker.yaml', 'in an editor, checked by the schema'],
  ],
  operand: ['[ids...]', 'these letters; else those that the flags choose'],
  groups: REPLAY,
  refuse: refuseNoChoice,
  run: async (session, ids, flags) => {
    const [{ plan }, { Hold }, { perform }, { foreseer }, { howOf }] = await Promise.all([
      import('../../../deadletter/replay/plan.ts'),
      import('../../../deadletter/replay/operate.ts'),
      import('./perform.ts'),
      import('./foresee.ts'),
      import('./mend.ts'),
    ]);
    const { clock } = session.io;
    const now = clock.now();
    const write = FORMATS[session.format](session);
    const foresee = await foreseer(session, flags);
    howOf(keptOf(flags, undefined));
    const { home, bus } = await openHomeAndBus(session, flags);
    const meant = ids.length > 0 ? { hidden: true, ids: await wholeIds(home, ids, now) } : { hidden: true };
    const selection: Selection = await selectionOf(session, flags, meant, 'refused');
    const kept = keptOf(flags, await editedOf(session, home, selection.ids ?? [], flags, now));
    const operation = `r-${Buffer.from(systemRandom(5)).readUIntBE(0, 5).toString(36).padStart(8, '0')}`;
    const planned = await plan(home, operation, {
      choose: chooseFor(selection, flags),
      how: howOf(kept),
      ...{ again: flags.again, resendUncertain: flags.resendUncertain, maxReplays: flags.maxReplays },
      ...{ limit: flags.limit, foresee, since: since(flags, now), orphanAfterMs: flags.orphanAfter, now },
      signal: session.stop,
    });
    session.stop.throwIfAborted();
    write.plan(planned, operation);
    const { rows, coverage } = planned;
    // Of those that were named each was found; a choice among some of the letters is another one than was meant.
    if (ids.length === 0 && !isComplete(coverage)) throw notAllRead(coverage, 'nothing is sent');
    if (rows.length === 0) {
      session.talk.info('nothing is sent');
      return EXIT.no;
    }
    if (flags.dryRun) return EXIT.ok;
    if (!flags.yes) {
      const { confirmed } = await import('./confirm.ts');
      const answer = await confirmed(session, `Send ${counted(rows.length, 'letter')} again?`);
      if (answer !== true) {
        session.talk.info(
          answer === undefined ? 'nothing was sent: there is nobody to ask, and no --yes' : 'nothing was sent',
        );
        return session.interruption() ?? EXIT.no;
      }
    }
    const hold = await Hold.begin(home, clock, {
      id: operation,
      actor: actorOf(session),
      how: keptDocument(kept),
      rows,
    });
    session.talk.info(`replay ${operation}`);
    return await perform(session, { home, bus, hold, rows, kept, patienceMs: flags.reconnectTimeout, write });
  },
});

/** What was archived is sent when it is asked for by name, or `again`. */
function chooseFor(selection: Selection, { again }: ReplayFlags): ReturnType<typeof chooser> {
  const choose = chooser(selection);
  const named = selection.ids !== undefined;
  return (letter, standing) => (standing.state !== 'archived' || again || named) && choose(letter, standing);
}

async function wholeIds(home: Home, ids: readonly string[], now: number): Promise<readonly string[]> {
  const { findLetter } = await import('../../../deadletter/find.ts');
  const found: string[] = [];
  for (const id of ids) found.push((await findLetter(home, id, now)).id);
  return found;
}

async function editedOf(
  session: Session,
  home: Home,
  [id, ...more]: readonly string[],
  { edit }: ReplayFlags,
  now: number,
): Promise<string | undefined> {
  if (!edit) return undefined;
  if (id === undefined || more.length > 0)
    throw new HeddleError('usage', '--edit opens the work of one letter: name it');
  const [{ findLetter }, { originalOf }, { edited }] = await Promise.all([
    import('../../../deadletter/find.ts'),
    import('../../../deadletter/original-of.ts'),
    import('./edit.ts'),
  ]);
  const work = await originalOf(home, await findLetter(home, id, now));
  if (work === undefined) throw new HeddleError('no_match', `the work of ${id} was not seen: there is nothing to edit`);
  return await edited(session, work);
}

function keptOf(flags: ReplayFlags, edited: string | undefined): Kept {
  const { newId, to, set, setJson, resendUncertain, rate, concurrency, wait: waitMs } = flags;
  return { newId, to, set, setJson, edited, resendUncertain, perSecond: rate?.perSecond, concurrency, waitMs };
}

function actorOf({ io }: Session): string {
  return io.env.USER || io.env.LOGNAME || 'unknown';
}

/** Nothing is sent because somebody forgot to say what. */
function refuseNoChoice(ids: readonly string[], written: WrittenFlags<typeof REPLAY>): void {
  const narrowed = NARROW.some((name) => written.value(name) !== undefined);
  const everything = written.value('everything') !== undefined;
  const edits = written.value('set') !== undefined || written.value('setJson') !== undefined;
  if (edits && written.value('edit') !== undefined) {
    throw new HeddleError('usage', '--edit opens the whole work; --set and --set-json change it unseen: give one');
  }
  if (ids.length > 0 || narrowed || everything) return;
  throw new HeddleError('usage', 'replay needs ids, a choice, or --everything', {
    hint: "For instance --group <group>; 'heddle-ts dead-letter groups' shows them.",
  });
}
