import { type BatchOptions, BatchStop } from './batch.ts';
import type { Item } from './item.ts';
import type { Line } from './lines.ts';

/** An item on its way: with the line that it was made of, which the journal knows it by, and its bytes on the wire. */
export type SentItem = Item & { readonly source: string; bytes: number };

/** What may go at one time. */
export interface Lot {
  readonly items: readonly SentItem[];
  /** The line after them ends the batch. */
  readonly stop: BatchStop | undefined;
}

/** Lines that are read before the connection and the clock get a look. */
const AT_A_TIME = 1_000;

/** Items in the order of the lines, no sooner than the pace allows. */
export async function* takeLots(options: BatchOptions): AsyncGenerator<Lot> {
  const { lines, pace, signal } = options;
  for await (const block of lines) {
    for (let at = 0; at < block.length; ) {
      const granted = await pace.take(Math.min(block.length - at, AT_A_TIME), signal);
      signal.throwIfAborted();
      yield lotOf(options, block, at, at + granted);
      at += granted;
    }
  }
}

function lotOf(options: BatchOptions, block: readonly Line[], from: number, to: number): Lot {
  const items: SentItem[] = [];
  try {
    for (let at = from; at < to; at += 1) {
      const item = takeItem(options, block[at] as Line);
      if (item !== undefined) items.push(item);
    }
  } catch (thrown) {
    if (thrown instanceof BatchStop) return { items, stop: thrown };
    throw thrown;
  }
  return { items, stop: undefined };
}

/** What is not to be sent is counted and left out. */
function takeItem(options: BatchOptions, line: Line): SentItem | undefined {
  const { tally, journal } = options;
  tally.read += 1;
  if (line.text === undefined) return refuse(options, line.number, line.problem);
  if (journal?.isDone(line.number, line.text) === true) {
    tally.skipped += 1;
    return undefined;
  }
  const doubt = journal?.doubtOf(line.number);
  if (doubt !== undefined && options.doubts !== 'resend') {
    tally.in_doubt += 1;
    options.onDoubt?.(line.number, doubt);
    return undefined;
  }
  const item = options.read(line.number, line.text, doubt);
  if ('problem' in item) return refuse(options, line.number, item.problem);
  if ('notATask' in item) {
    tally.other += 1;
    return undefined;
  }
  return Object.assign(item, { source: line.text, bytes: 0 });
}

/** Reports one line that is not sent; ends the batch when the user wants that. */
export function refuse(options: BatchOptions, line: number, problem: string): undefined {
  options.tally.malformed += 1;
  options.onProblem(line, problem);
  if (options.onError === 'stop') throw new BatchStop('malformed_line');
  return undefined;
}
