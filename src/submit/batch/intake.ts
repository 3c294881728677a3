import { turn } from '../../time/turn.ts';
import { type BatchOptions, BatchStop } from './batch.ts';
import type { Item } from './item.ts';
import type { Line } from './lines.ts';

/** An item on its way. A batch has thousands of them at a time: none keeps more alive than somebody may still ask for. */
export interface SentItem extends Omit<Item, 'text'> {
  /** The line that it was made of, which the journal knows it by; empty where there is no journal. */
  readonly source: string;
  /** What goes over the wire, until nobody will send it again. */
  data: Uint8Array;
  readonly bytes: number;
}

/** Items that go together. */
export interface Lot {
  readonly items: readonly SentItem[];
  /** The line after them ends the batch. */
  readonly stop: BatchStop | undefined;
}

/** Lines that are read before the connection and the clock get a look. */
const AT_A_TIME = 1_000;
/** And so long, at most: a schema of others may take a second over each. */
const READ_MS = 50;

/** Items in the order of the lines, made no sooner than the pace lets them go: a task bears the time of its making. */
export async function* takeLots(options: BatchOptions): AsyncGenerator<Lot> {
  const { pace, signal } = options;
  for await (const block of options.lines) {
    // What is left out takes nobody's time: a rerun is soon where the run before it was.
    const lines = options.journal === undefined ? block : block.filter((line) => !isLeftOut(options, line));
    for (let at = 0; at < lines.length; ) {
      const granted = await pace.take(Math.min(lines.length - at, AT_A_TIME), signal);
      signal.throwIfAborted();
      for (const end = at + granted; at < end; ) {
        const { lot, next } = lotOf(options, lines, at, end);
        yield lot;
        at = next;
        if (at < end) await turn();
        signal.throwIfAborted();
      }
    }
    signal.throwIfAborted();
  }
}

function isLeftOut({ journal, tally, doubts, onDoubt }: BatchOptions, { number, text }: Line): boolean {
  if (text === undefined) return false;
  const done = journal?.isDone(number, text) === true;
  const doubt = done ? undefined : journal?.doubtOf(number);
  if (!done && (doubt === undefined || doubts === 'resend')) return false;
  tally.read += 1;
  if (doubt === undefined) tally.skipped += 1;
  else {
    tally.in_doubt += 1;
    onDoubt?.(number, doubt);
  }
  return true;
}

function lotOf(
  options: BatchOptions,
  lines: readonly Line[],
  from: number,
  to: number,
): { readonly lot: Lot; readonly next: number } {
  const items: SentItem[] = [];
  const { clock } = options;
  const until = clock.elapsed() + READ_MS;
  let at = from;
  while (at < to) {
    const taken = takeItem(options, lines[at] as Line);
    at += 1;
    if (taken instanceof BatchStop) return { lot: { items, stop: taken }, next: at };
    if (taken !== undefined) items.push(taken);
    if (clock.elapsed() > until) break;
  }
  return { lot: { items, stop: undefined }, next: at };
}

/** What is no task, or none that may be sent, is counted and left out. */
function takeItem(options: BatchOptions, line: Line): SentItem | BatchStop | undefined {
  const { tally, journal } = options;
  tally.read += 1;
  if (line.text === undefined) return refuse(options, line.number, line.problem);
  const item = options.read(line.number, line.text, journal?.doubtOf(line.number));
  if ('problem' in item) return refuse(options, line.number, item.problem);
  if ('notATask' in item) {
    tally.other += 1;
    return undefined;
  }
  const { id, subject, resultSubject, workerType } = item;
  // Encoded at once, so that no text lives as long as the item; small buffers come from a pool.
  const data = Buffer.from(item.text);
  const source = journal === undefined ? '' : line.text;
  return { line: line.number, id, subject, resultSubject, workerType, source, data, bytes: data.length };
}

/** Reports one line that is not sent; gives the end of the batch when the user wants that. */
export function refuse(options: BatchOptions, line: number, problem: string): BatchStop | undefined {
  options.tally.malformed += 1;
  options.onProblem(line, problem);
  return options.onError === 'stop' ? new BatchStop('malformed_line') : undefined;
}
