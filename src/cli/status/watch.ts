import { isHeddleError } from '../../errors.ts';
import { sleep } from '../../time/wait.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { Seen } from './view.ts';

const HOME_AND_CLEAR = '\u001b[H\u001b[J';

/** On a terminal the picture is drawn anew; elsewhere it is written again when it changed. Bus trouble is told, and waited out. */
export async function watchStatus(
  session: Session,
  everyMs: number,
  read: () => Promise<Seen>,
  render: (seen: Seen) => string,
): Promise<ExitCode> {
  const { io, out, machine, stop } = session;
  const repaint = out.interactive && !machine;
  let before = '';
  let trouble = '';
  while (!stop.aborted && !io.stdout.broken) {
    try {
      const seen = await read();
      if (stop.aborted) break;
      const shown = render(seen);
      // Counters move all the time: news is who is there, not how busy they are.
      const state = stateOf(seen);
      if (repaint) io.stdout.write(`${HOME_AND_CLEAR}${shown}`);
      else if (state !== before) io.stdout.write(before === '' || machine ? shown : `\n${shown}`);
      if (trouble !== '') session.talk.info('the bus answers again');
      before = state;
      trouble = '';
    } catch (error) {
      if (stop.aborted) break;
      if (!isHeddleError(error)) throw error;
      if (error.message !== trouble) session.talk.warn(error.message);
      trouble = error.message;
    }
    await sleep(io.clock, everyMs, stop);
  }
  return session.interruption() ?? EXIT.ok;
}

function stateOf({ map, kept }: Seen): string {
  const who = map.connections.map(({ serverId, cid, subscriptions }) => [
    serverId,
    cid,
    subscriptions.filter(({ subject }) => !subject.startsWith('_')).map(({ subject, queue }) => [subject, queue]),
  ]);
  return JSON.stringify([who, map.gaps, kept]);
}
