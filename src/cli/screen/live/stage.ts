import type { Io, SignalName } from '../../io.ts';
import type { Terminal } from '../terminal.ts';
import { damage } from './damage.ts';
import { type Key, KeyReader } from './keys.ts';
import { layRow, type Row } from './row.ts';

/** A line of a picture, with the styles of style.ts in it. */
export type Line = string | { readonly text: string; readonly chosen: true };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A whole terminal that is ours until we give it back. */
export interface Stage {
  readonly size: Size;
  /** Makes the terminal show these lines, from its first row on; writes what differs from what it shows. */
  show(lines: readonly Line[]): void;
  /** Something that is no picture: a bell, a clipboard. */
  send(sequence: string): void;
  /** As somebody at the keyboard asks: gives the terminal back, and stops until the shell continues it. */
  suspend(): void;
  /** Gives the terminal back as it was. Idempotent. */
  close(): void;
}

/** Who is told what happens at the terminal. */
export interface StageListeners {
  key(key: Key): void;
  /** The picture has to be drawn anew: another size, or back from a stop. */
  redraw(): void;
  /** Something broke that nobody caught, or the terminal is gone: the stage is closed already. */
  lost(thrown: unknown): void;
}

/** Alternate screen, no cursor, no wrapping at the edge, pastes marked as such. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h\u001b[0m';
const LEAVE = '\u001b[0m\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';

/** What ends the process by itself unless somebody listens, and would leave the terminal as it is now. */
const DEADLY: readonly SignalName[] = ['SIGHUP', 'SIGQUIT'];

const USUAL: Size = { columns: 80, rows: 24 };

/** Takes the terminal that stdout is; keys come from stdin where that is a terminal, too. Whoever opens it closes it. */
export function openStage(io: Io, { unicode, color }: Terminal, listeners: StageListeners): Stage {
  const { stdout, clock } = io;
  const stdin = io.stdin();
  const keys = new KeyReader(clock, (key) => listeners.key(key));
  let shown: { readonly lines: readonly Line[]; readonly rows: readonly Row[]; readonly width: number } | undefined;
  let up = false;
  let closed = false;

  const hear = (bytes: Uint8Array): void => keys.take(bytes);
  const gone = (): void => {
    close();
    listeners.lost(undefined);
  };
  const enter = (): void => {
    up = true;
    shown = undefined;
    if (stdin.isTTY === true) {
      // After a stop the shell has set the terminal its way, and Node remembers ours as set.
      stdin.setRawMode?.(false);
      stdin.setRawMode?.(true);
      stdin.resume();
    }
    stdout.write(ENTER);
  };
  const leave = (): void => {
    if (!up) return;
    up = false;
    stdout.write(LEAVE);
    if (stdin.isTTY !== true) return;
    stdin.pause();
    try {
      stdin.setRawMode?.(false);
    } catch {
      // A terminal that is gone takes nothing back.
    }
  };
  const stop = (): void => {
    leave();
    io.raise('SIGSTOP');
  };
  const goOn = (): void => {
    if (closed) return;
    enter();
    listeners.redraw();
  };
  const resized = (): void => {
    shown = undefined;
    listeners.redraw();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    leave();
    keys.close();
    for (const undo of undos) undo();
  };

  const undos = [
    io.onSignal('SIGTSTP', stop),
    io.onSignal('SIGCONT', goOn),
    ...DEADLY.map((name) =>
      io.onSignal(name, () => {
        close();
        io.raise(name);
      }),
    ),
    io.onStray((thrown) => {
      close();
      listeners.lost(thrown);
    }),
    stdout.onResize?.(resized) ?? (() => {}),
    stdout.onBroken(gone),
  ];
  if (stdin.isTTY === true) {
    stdin.on('data', hear).on('end', gone).on('error', gone);
    undos.push(() => void stdin.off('data', hear).off('end', gone).off('error', gone));
  }
  enter();

  return {
    get size() {
      return sizeOf(io);
    },
    show(lines) {
      if (!up) return;
      const { columns: width, rows: height } = sizeOf(io);
      const before = shown?.width === width && shown.rows.length === height ? shown : undefined;
      const rows = Array.from({ length: height }, (_, at) => {
        const line = lines[at] ?? '';
        const same = before?.rows[at];
        if (same !== undefined && isSameLine(before?.lines[at] ?? '', line)) return same;
        const chosen = typeof line !== 'string';
        return layRow(chosen ? line.text : line, { width, unicode, inverse: chosen && color > 0 });
      });
      const bytes = damage(before?.rows, rows);
      shown = { lines: [...lines], rows, width };
      if (bytes !== '') stdout.write(bytes);
    },
    send: (sequence) => void (up && stdout.write(sequence)),
    suspend: () => io.raise('SIGTSTP'),
    close,
  };
}

function isSameLine(one: Line, other: Line): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.text === other.text;
}

/** Some pseudo-terminals report nothing; COLUMNS and LINES are what a person set by hand. */
function sizeOf({ stdout, env }: Io): Size {
  return {
    columns: stdout.columns || numberOf(env.COLUMNS) || USUAL.columns,
    rows: stdout.rows || numberOf(env.LINES) || USUAL.rows,
  };
}

function numberOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0;
}
