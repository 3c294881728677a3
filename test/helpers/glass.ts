import { createRequire } from 'node:module';

const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as typeof import('@xterm/headless');

/** A terminal without a window, of a kind that many people use: what a program wrote, as a person sees it. */
export interface Glass {
  readonly columns: number;
  readonly rows: number;
  write(text: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** What stands there, blanks at the ends of lines left out. */
  lines(): string[];
  /** The same with the looks of each cell, as text that is equal where cells are. */
  cells(): string[];
  readonly alternate: boolean;
  /** What programs switch on and must switch off again. */
  modes(): { readonly paste: boolean; readonly wraps: boolean };
}

export function openGlass(columns: number, rows: number): Glass {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  const line = (at: number) => terminal.buffer.active.getLine(at);
  const each = <T>(take: (at: number) => T): T[] => Array.from({ length: terminal.rows }, (_, at) => take(at));
  return {
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    resize: (to, high) => terminal.resize(to, high),
    lines: () => each((at) => line(at)?.translateToString(false, 0, terminal.cols).trimEnd() ?? ''),
    cells: () =>
      each((at) => {
        const cells: string[] = [];
        for (let column = 0; column < terminal.cols; column += 1) {
          const cell = line(at)?.getCell(column);
          const look = [
            cell?.isBold(),
            cell?.isDim(),
            cell?.isInverse(),
            cell?.isFgDefault() ? -1 : cell?.getFgColor(),
          ];
          // A cell that was never written and a blank look the same.
          cells.push(`${cell?.getChars() || (cell?.getWidth() === 0 ? '' : ' ')}/${look.map(Number).join(',')}`);
        }
        return cells.join('|');
      }),
    get alternate() {
      return terminal.buffer.active.type === 'alternate';
    },
    modes: () => ({ paste: terminal.modes.bracketedPasteMode, wraps: terminal.modes.wraparoundMode }),
  };
}
