import type { Tally } from '../../submit/batch/tally.ts';
import { formatCount } from '../screen/count.ts';
import { bar, symbolsFor } from '../screen/symbols.ts';
import type { Session } from '../session.ts';

const EVERY_MS = 200;
const BAR_WIDTH = 24;

/** A line that moves, on a stderr terminal; nothing anywhere else. Returns the way to end it. */
export async function showBatchProgress(
  session: Session,
  tally: Tally,
  { waits, total }: { waits: boolean; total: number | undefined },
): Promise<() => void> {
  if (!session.err.spinner || session.quiet || session.machine) return () => {};
  const spinner = await session.spin('sending');
  const symbols = symbolsFor(session.err.unicode);
  const { clock } = session.io;
  const begun = clock.elapsed();
  const ended = (): number =>
    waits
      ? tally.completed + tally.failed + tally.dead_lettered + tally.malformed_results + tally.timed_out
      : tally.sent;
  const leftOut = (): number => tally.skipped + tally.in_doubt;
  const timer = clock.every(EVERY_MS, () => {
    const done = ended();
    const rate = Math.round(done / ((clock.elapsed() - begun) / 1000));
    const share =
      total === undefined
        ? ''
        : `${bar(symbols, (done + leftOut()) / total, BAR_WIDTH)} ${percent(done + leftOut(), total)}  `;
    const words = waits
      ? `${formatCount(done)} answered, ${formatCount(tally.published - done)} in flight`
      : `${formatCount(done)} sent`;
    const bad = tally.failed + tally.malformed + tally.dead_lettered + tally.timed_out;
    spinner.text(`${share}${words}, ${formatCount(rate)}/s${bad === 0 ? '' : `, ${formatCount(bad)} not well`}`);
  });
  return () => {
    clock.cancel(timer);
    spinner.stop();
  };
}

function percent(done: number, total: number): string {
  return `${Math.floor((done / total) * 100)}%`.padStart(4);
}
