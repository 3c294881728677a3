import { disarmLine } from '../../screen/disarm.ts';
import { displayWidth, truncate } from '../../screen/width.ts';

const LONGEST_WORKER = 24;
const MOST_CELLS = 1000;

type Cell = { readonly text: string; readonly width: number };

/** A worker keeps its colour, in this run and the next. Cells are kept: a bus has few workers and many messages. */
export function workerCells(
  hues: readonly ((text: string) => string)[],
): (worker: string | undefined, plain: boolean) => Cell {
  const cells = new Map<string, Cell & { readonly plain: Cell }>();
  let column = 12;
  return (worker = '', plain) => {
    let cell = cells.get(worker);
    if (cell === undefined) {
      const shown = truncate(disarmLine(worker.slice(0, 200)), LONGEST_WORKER);
      const width = displayWidth(shown);
      if (width > column) {
        column = width;
        cells.clear();
      }
      const blanks = ' '.repeat(column - width);
      const hue = hues[hash(worker) % hues.length];
      const text = shown === '' || hue === undefined ? shown : hue(shown);
      cell = { text: text + blanks, width: column, plain: { text: shown + blanks, width: column } };
      if (cells.size >= MOST_CELLS) cells.clear();
      cells.set(worker, cell);
    }
    return plain ? cell.plain : cell;
  };
}

function hash(text: string): number {
  let value = 5381;
  for (let at = 0; at < Math.min(text.length, 128); at += 1) value = ((value * 33) ^ text.charCodeAt(at)) >>> 0;
  return value;
}
