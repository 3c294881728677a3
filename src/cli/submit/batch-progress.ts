import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { endedOf, type Tally } from '../../submit/batch/tally.ts';
import { formatCount } from '../screen/count.ts';
import { bar, symbolsFor } from '../screen/symbols.ts';
import type { Session } from '../session.ts';

const EVERY_MS = 200;
const BAR_WIDTH = 24;
const BREAK = 0x0a;

/** A line that moves, on a stderr terminal; nothing anywhere else. Returns the way to end it. */
export async function showBatchProgress(
  session: Session,
  tally: Tally,
  { waits, total: known, file }: { waits: boolean; total: number | undefined; file: string | undefined },
): Promise<() => void> {
  if (!session.err.spinner || session.quiet || session.machine) return () => {};
  let total = known;
  const counting = new AbortController();
  if (file !== undefined) {
    void countLines(file, counting.signal).then(
      (lines) => {
        total = lines;
      },
      // Reading the lines says what is wrong with the file; without a total, the bar is left out.
      () => {},
    );
  }
  const spinner = await session.spin('sending');
  const symbols = symbolsFor(session.err.unicode);
  const { clock } = session.io;
  const begun = clock.elapsed();
  const ended = (): number => (waits ? endedOf(tally) : tally.sent);
  const leftOut = (): number => tally.skipped + tally.in_doubt + tally.malformed;
  const timer = clock.every(EVERY_MS, () => {
    const done = ended();
    const rate = Math.round(done / ((clock.elapsed() - begun) / 1000));
    const share =
      total === undefined
        ? ''
        : `${bar(symbols, Math.min(1, (done + leftOut()) / total), BAR_WIDTH)} ${percent(done + leftOut(), total)}  `;
    const of = total === undefined ? '' : ` of ${formatCount(total)}`;
    const words = waits
      ? `${formatCount(done)}${of} answered, ${formatCount(tally.published - done)} in flight`
      : `${formatCount(done)}${of} sent`;
    const bad = tally.failed + tally.malformed + tally.dead_lettered + tally.timed_out;
    spinner.text(`${share}${words}, ${formatCount(rate)}/s${bad === 0 ? '' : `, ${formatCount(bad)} not well`}`);
  });
  return () => {
    counting.abort();
    clock.cancel(timer);
    spinner.stop();
  };
}

/** Lines that hold something, of a file that has an end; undefined for a pipe, which must not be read twice. */
async function countLines(path: string, signal: AbortSignal): Promise<number | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  let lines = 0;
  let last = BREAK;
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(BREAK); at >= 0; at = chunk.indexOf(BREAK, at + 1)) {
      if ((at === 0 ? last : chunk[at - 1]) !== BREAK) lines += 1;
    }
    last = chunk[chunk.length - 1] ?? last;
  }
  return last === BREAK ? lines : lines + 1;
}

function percent(done: number, total: number): string {
  return `${Math.min(100, Math.floor((done / total) * 100))}%`.padStart(4);
}
