import { isHeddleError } from '../../errors.ts';
import { sleep } from '../../time/wait.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
import { timeOfDay } from '../tail/show/time-of-day.ts';
import { changesBetween } from './changes.ts';
import { type StatusView, standingOf, type Watching } from './view.ts';

/**
 * Reads again and again. On a terminal the picture stands and is drawn over; elsewhere the first one is written, and from then on what
 * changed, a line each; for programs a document after each change. Bus trouble is told, and waited out.
 */
export async function watchStatus(session: Session, watching: Watching): Promise<ExitCode> {
  if (session.out.interactive && !session.machine) {
    const { watchOnScreen } = await import('./watch-screen.ts');
    return await watchOnScreen(session, watching);
  }
  const { io, machine, stop } = session;
  let before: StatusView | undefined;
  let trouble = '';
  while (!stop.aborted && !io.stdout.broken) {
    try {
      const view = watching.viewOf(await watching.source.read());
      if (stop.aborted) break;
      if (before === undefined || (machine && stateOf(view) !== stateOf(before)))
        io.stdout.write(watching.render(view));
      else if (!machine) {
        const time = timeOfDay(io.clock.now()).slice(0, 8);
        for (const line of changesBetween(standingOf(before), standingOf(view))) {
          session.print(`${time}  ${disarmLine(line)}`);
        }
      }
      if (trouble !== '') session.talk.info('the bus answers again');
      before = view;
      trouble = '';
    } catch (error) {
      if (stop.aborted) break;
      if (!isHeddleError(error)) throw error;
      if (error.message !== trouble) session.talk.warn(error.message);
      trouble = error.message;
    }
    await sleep(io.clock, watching.everyMs, stop);
  }
  return session.interruption() ?? EXIT.ok;
}

/** Counters move all the time: news is who is there, not how busy they are. */
function stateOf({ map, kept }: StatusView): string {
  const who = map.connections.map(({ serverId, cid, subscriptions }) => [
    serverId,
    cid,
    subscriptions.filter(({ subject }) => !subject.startsWith('_')).map(({ subject, queue }) => [subject, queue]),
  ]);
  return JSON.stringify([who, map.gaps, kept]);
}
