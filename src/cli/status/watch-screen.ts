import { isHeddleError } from '../../errors.ts';
import { sleep } from '../../time/wait.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { openStage } from '../screen/live/stage.ts';
import type { Session } from '../session.ts';
import { changesBetween, type Standing } from './changes.ts';
import { type Change, watchPicture } from './picture.ts';
import { type Pace, withRates } from './rates.ts';
import { type StatusView, standingOf, type Watching } from './view.ts';

/** The last ones; how many have room is the picture's matter. */
const MOST_CHANGES = 50;

/** `--watch` on a terminal: the picture stands, fits, and is drawn over where it changes. */
export async function watchOnScreen(session: Session, watching: Watching): Promise<ExitCode> {
  const { io, out, stop } = session;
  const { clock } = io;
  const changes: Change[] = [];
  let view: StatusView | undefined;
  let standing: Standing | undefined;
  let readAt = 0;
  let trouble: { readonly since: number; readonly reason: string } | undefined;
  let offset = 0;
  let over: (code: ExitCode) => void = () => {};
  let broke: (thrown: unknown) => void = () => {};
  const ended = new Promise<ExitCode>((resolve, reject) => {
    over = resolve;
    broke = reject;
  });
  const ending = new AbortController();
  let readSoon = (): void => {};

  const draw = (): void => {
    const { columns, rows } = stage.size;
    const picture = watchPicture({ view, standing, trouble, changes, offset }, rows, { ...out, width: columns });
    offset = picture.offset;
    stage.show(picture.lines);
  };
  const tell = (text: string): void => {
    changes.unshift({ at: clock.now(), text });
    changes.length = Math.min(changes.length, MOST_CHANGES);
  };
  const readOnce = async (): Promise<void> => {
    const next = watching.viewOf(await watching.source.read());
    const now = clock.elapsed();
    const pace: Pace | undefined = standing && { before: standing.rows, ms: now - readAt };
    const plain = standingOf(next);
    if (standing !== undefined) for (const text of changesBetween(standing, plain).toReversed()) tell(text);
    standing = standingOf(next, (rows) => withRates(rows, pace));
    view = next;
    readAt = now;
    if (trouble !== undefined) tell('the bus answers again');
    trouble = undefined;
  };
  const keepReading = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await readOnce();
      } catch (error) {
        if (ending.signal.aborted) return;
        if (!isHeddleError(error)) throw error;
        gone(error.message);
      }
      draw();
      const waiting = new AbortController();
      readSoon = () => waiting.abort();
      await sleep(clock, watching.everyMs, AbortSignal.any([ending.signal, waiting.signal]));
    }
  };
  const gone = (reason: string): void => {
    if (trouble === undefined) tell(`the bus is gone: ${reason}`);
    trouble = { since: trouble?.since ?? clock.now(), reason };
  };

  const stage = openStage(io, out, {
    key: ({ name }) => {
      if (name === 'ctrl-c') return over(EXIT.interrupted);
      if (name === 'ctrl-z') return stage.suspend();
      if (name === 'q' || name === 'escape') return over(EXIT.ok);
      const step = STEPS[name];
      if (step === undefined) return;
      offset = Math.max(0, offset + step);
      draw();
    },
    redraw: draw,
    lost: (thrown) => (thrown === undefined ? over(EXIT.ok) : broke(thrown)),
  });
  session.atAbruptEnd(() => stage.close());
  const undoLink = watching.source.onLink((reason) => {
    if (reason === undefined) return readSoon();
    gone(reason);
    draw();
  });
  stop.addEventListener('abort', () => over(session.interruption() ?? EXIT.interrupted), { once: true });
  if (stop.aborted) over(session.interruption() ?? EXIT.interrupted);
  keepReading().catch(broke);
  try {
    return await ended;
  } finally {
    ending.abort();
    undoLink();
    stage.close();
  }
}

const PAGE = 10;
const STEPS: Readonly<Record<string, number>> = {
  ...{ up: -1, k: -1, down: 1, j: 1, 'page-up': -PAGE, 'page-down': PAGE, ' ': PAGE },
  ...{ home: Number.NEGATIVE_INFINITY, g: Number.NEGATIVE_INFINITY, end: 1_000_000, G: 1_000_000 },
};
