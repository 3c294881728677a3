import { systemRandom } from '../../contract/ids.ts';
import type { Home } from '../../letters/home.ts';
import type { Transport } from '../../transport/transport.ts';
import { keptIn } from '../deadletter/replay/flags.ts';
import { counted, formatCount } from '../screen/count.ts';
import type { Session } from '../session.ts';
import type { Letters } from './letters.ts';
import type { Writes } from './parts.ts';

/** As `dead-letter` has it where nothing else is asked for. */
const ORPHAN_AFTER_MS = 10 * 60_000;
const MAX_REPLAYS = 3;
const PATIENCE_MS = 60_000;

/** What `--allow-write` adds: what `reload` and `dead-letter replay` do, asked for on the screen. */
export function writesOf(session: Session, bus: Transport, letters: Letters): Writes {
  const { clock } = session.io;
  const ending = new AbortController();
  let sending: Promise<unknown> = Promise.resolve();
  // Whoever ends the view ends the replay in good order: what was not sent yet is still open.
  session.atEnd(async () => {
    ending.abort();
    await sending;
  });
  return {
    reload: async () => {
      const { broadcastReload } = await import('../../preflight/broadcast-reload.ts');
      const { heard, reason } = await broadcastReload(bus, { signal: session.stop, clock });
      if (heard === undefined) return `a reload was sent; how many hear it is unknown: ${reason}`;
      return heard === 0
        ? 'nothing was sent: no actor hears a reload'
        : `a reload was sent; ${counted(heard, 'actor')} heard it`;
    },
    planReplay: async (group) => {
      const { home } = letters;
      if (home === undefined) return 'nothing here keeps dead letters, so none can be sent again';
      const [{ plan }, { chooser }] = await Promise.all([
        import('../../deadletter/replay/plan.ts'),
        import('../../deadletter/select.ts'),
      ]);
      const operation = `r-${Buffer.from(systemRandom(5)).readUIntBE(0, 5).toString(36).padStart(8, '0')}`;
      const { rows, left } = await plan(home, operation, {
        ...{ choose: chooser({ groups: [group] }), how: { newId: false, to: undefined, mend: undefined } },
        ...{ again: false, resendUncertain: false, maxReplays: MAX_REPLAYS, limit: undefined, foresee: undefined },
        ...{ orphanAfterMs: ORPHAN_AFTER_MS, now: clock.now(), signal: session.stop },
      });
      const unsendable = [...left.unsendable.values()].reduce((sum, each) => sum + each, 0);
      const out = left.busy + left.uncertain + left.exhausted + unsendable;
      if (rows.length === 0) return `none of group ${group} can be sent again (${formatCount(out)} left out)`;
      const others = out === 0 ? '' : ` (${formatCount(out)} left out)`;
      return {
        question: `Send ${counted(rows.length, 'letter')} of group ${group} again?${others}`,
        send: () => {
          const said = replay(session, { home, bus, operation, rows, letters, ending: ending.signal });
          sending = said.catch(() => {});
          return said;
        },
      };
    },
  };
}

async function replay(
  session: Session,
  parts: {
    readonly home: Home;
    readonly bus: Transport;
    readonly operation: string;
    readonly rows: Awaited<ReturnType<typeof import('../../deadletter/replay/plan.ts')['plan']>>['rows'];
    readonly letters: Letters;
    readonly ending: AbortSignal;
  },
): Promise<string> {
  const { home, bus, operation, rows, letters, ending } = parts;
  const { clock, env } = session.io;
  const [{ Hold }, { run }, { emptyTally, OUTCOMES }, { unpaced }] = await Promise.all([
    import('../../deadletter/replay/operate.ts'),
    import('../../deadletter/replay/run.ts'),
    import('../../deadletter/replay/tally.ts'),
    import('../../submit/batch/pace.ts'),
  ]);
  const kept = keptIn({});
  const hold = await Hold.begin(home, clock, {
    id: operation,
    actor: env.USER || env.LOGNAME || 'unknown',
    how: JSON.parse(JSON.stringify(kept)),
    rows,
  });
  const tally = emptyTally();
  let state: 'done' | 'stopped' = 'stopped';
  try {
    const { stopped } = await run({
      ...{ home, bus, clock, operation, rows, tally, patienceMs: PATIENCE_MS, pace: unpaced() },
      ...{ how: { newId: false, to: undefined, mend: undefined }, concurrency: kept.concurrency, waitMs: undefined },
      ...{ resendUncertain: false, skewMs: await hold.skewMs(), onItem: () => {} },
      signal: AbortSignal.any([session.stop, hold.aborted, ending]),
    });
    if (stopped === undefined) state = 'done';
  } finally {
    await hold.end(state).catch(() => {});
  }
  if (!ending.aborted) await letters.read();
  const became = OUTCOMES.filter((each) => tally.counts[each] > 0).map(
    (each) => `${formatCount(tally.counts[each])} ${each.replaceAll('_', ' ')}`,
  );
  return `${state === 'done' ? 'sent' : 'stopped'}, replay ${operation}: ${became.join(', ') || 'nothing'}`;
}
