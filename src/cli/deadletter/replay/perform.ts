import { GOALS_INCOMING, TASKS_INCOMING } from '../../../contract/subjects.ts';
import { decision } from '../../../deadletter/explain.ts';
import type { Hold } from '../../../deadletter/replay/operate.ts';
import { run } from '../../../deadletter/replay/run.ts';
import type { Row } from '../../../deadletter/replay/selection.ts';
import { emptyTally, type Tally, totalOf } from '../../../deadletter/replay/tally.ts';
import { HeddleError } from '../../../errors.ts';
import type { Home } from '../../../letters/home.ts';
import type { Remedy } from '../../../remedy.ts';
import { paced, unpaced } from '../../../submit/batch/pace.ts';
import type { Transport } from '../../../transport/transport.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { adviceText } from '../../remedies.ts';
import { formatCount } from '../../screen/count.ts';
import { bar, symbolsFor } from '../../screen/symbols.ts';
import type { Session } from '../../session.ts';
import type { Kept } from './flags.ts';
import { howOf } from './mend.ts';
import type { ReplayWriter } from './view.ts';

export interface Performance {
  readonly home: Home;
  readonly bus: Transport;
  readonly hold: Hold;
  readonly rows: readonly Row[];
  /** Of a replay that is resumed: what it sent before. Nothing waits for these, and no rate holds for them. */
  readonly done?: readonly Row[];
  readonly kept: Kept;
  readonly patienceMs: number;
  readonly write: ReplayWriter;
}

/** Sends what an operation is about, and writes down how it ended, whatever happens. */
export async function perform(session: Session, performance: Performance): Promise<ExitCode> {
  const { home, bus, hold, rows, done = [], kept, patienceMs, write } = performance;
  const { clock, stdout } = session.io;
  const { id: operation } = hold.operation;
  stdout.useEventLoop();
  session.atEnd(
    bus.onEvent((event) => {
      if (event.kind === 'disconnected')
        session.talk.warn(`the connection to ${event.server} was lost; waiting for it`);
      else if (event.kind === 'reconnected') session.talk.info(`reconnected to ${event.server}`);
    }),
  );
  const tally = emptyTally();
  const selected = done.length + rows.length;
  tally.counts.done += done.length;
  for (const { id } of done) write.item({ id, outcome: 'done', detail: undefined });
  const stopProgress = await showProgress(session, tally, selected);
  let ended = false;
  try {
    const { stopped, unheardSubject } = await run({
      ...{ home, bus, clock, operation, rows, tally, patienceMs },
      how: howOf(kept),
      pace: kept.perSecond === undefined ? unpaced() : paced(kept.perSecond, clock),
      concurrency: kept.concurrency,
      waitMs: kept.waitMs,
      resendUncertain: kept.resendUncertain,
      skewMs: await hold.skewMs(),
      signal: AbortSignal.any([session.stop, hold.aborted]),
      onItem: (news) => write.item(news),
    });
    const state = stopped === undefined ? 'done' : hold.aborted.aborted ? 'aborted' : 'stopped';
    await hold.end(state);
    ended = true;
    stopProgress();
    write.end({ operation, state, selected, tally });
    if (state !== 'done') session.talk.info(`'heddle-ts dead-letter replay resume ${operation}' goes on`);
    if (tally.counts.uncertain > 0) {
      session.talk.info(adviceText(decision(operation)));
    }
    if (unheardSubject !== undefined) {
      throw new HeddleError('nobody_listens', `nobody listens on ${unheardSubject}; what was not heard is still open`, {
        remedy: whoIsMissing(unheardSubject),
      });
    }
    return session.interruption() ?? verdict(tally, state);
  } finally {
    stopProgress();
    if (!ended) await hold.end('stopped').catch(() => {});
  }
}

function whoIsMissing(subject: string): Remedy {
  if (subject === TASKS_INCOMING) return { do: 'start-router', missed: 'by-task' };
  return subject === GOALS_INCOMING ? { do: 'start-goal-taker', missed: 'by-goal' } : { do: 'start-responder' };
}

function verdict({ counts }: Tally, state: 'done' | 'stopped' | 'aborted'): ExitCode {
  if (counts.failed_again + counts.uncertain + counts.unsendable + counts.gone > 0) return EXIT.no;
  if (counts.unanswered > 0) return EXIT.timeout;
  return state === 'done' ? EXIT.ok : EXIT.no;
}

const EVERY_MS = 200;
const BAR_WIDTH = 24;

/** A line that moves, on a stderr terminal. */
async function showProgress(session: Session, tally: Tally, total: number): Promise<() => void> {
  if (!session.err.spinner || session.quiet || session.machine) return () => {};
  const spinner = await session.spin('sending');
  const symbols = symbolsFor(session.err.unicode);
  const { clock } = session.io;
  const begun = clock.elapsed();
  const before = totalOf(tally);
  const timer = clock.every(EVERY_MS, () => {
    const done = totalOf(tally);
    const perSecond = Math.round((done - before) / ((clock.elapsed() - begun) / 1000));
    spinner.text(
      `${bar(symbols, done / total, BAR_WIDTH)} ${formatCount(done)} of ${formatCount(total)}, ${formatCount(perSecond)}/s`,
    );
  });
  return () => {
    clock.cancel(timer);
    spinner.stop();
  };
}
