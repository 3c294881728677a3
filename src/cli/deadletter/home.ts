import { resolve } from 'node:path';
import type { Home } from '../../letters/home.ts';
import type { LogNews } from '../../store/directory/recover.ts';
import { unlessAborted } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import { text, textOr } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { readAge } from '../flags/since.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';

const ORPHAN_AFTER_MS = 10 * 60_000;

export const orphanAfter = textOr(
  '--orphan-after <duration>',
  'a task that nothing answered for so long has failed (default 10m)',
  readAge,
  ORPHAN_AFTER_MS,
);

export const HOME = flagGroup({
  heading: 'Where they are kept:',
  flags: {
    store: text('--store <dir>', "a folder that 'watch --store' fills (default: the streams of the server)"),
    orphanAfter,
  },
});

export type HomeFlags = ValuesOf<readonly [typeof HOME]>;

/** The home, and the bus where it is needed to get there; closed with the command. */
export async function openHome(session: Session, { store }: Pick<HomeFlags, 'store'>): Promise<Home> {
  const home = store === undefined ? await homeOn(session, await session.connect()) : await homeIn(session, store);
  session.atEnd(() => home.close());
  return home;
}

/** With a connection besides, for what is sent. */
export async function openHomeAndBus(
  session: Session,
  { store }: Pick<HomeFlags, 'store'>,
): Promise<{ readonly home: Home; readonly bus: Transport }> {
  const bus = await session.connect({ reconnect: true });
  const home = store === undefined ? await homeOn(session, bus) : await homeIn(session, store);
  session.atEnd(() => home.close());
  return { home, bus };
}

async function homeOn(session: Session, bus: Transport): Promise<Home> {
  const { openJetStreamHome } = await import('../../letters/jetstream-home.ts');
  // A server that answers nothing is given long enough to choose a leader.
  return await unlessAborted(openJetStreamHome(bus, session.io.clock), session.stop);
}

async function homeIn(session: Session, store: string): Promise<Home> {
  const { openDirectoryHome } = await import('../../letters/directory-home.ts');
  return await openDirectoryHome({
    path: resolve(session.io.cwd, store),
    clock: session.io.clock,
    tell: tellLogNews(session),
  });
}

/** What a writer found in a folder, said on stderr. */
export function tellLogNews({ talk }: Session): (news: LogNews) => void {
  return (news) => {
    const path = disarmLine(news.path);
    if (news.kind === 'torn') {
      talk.warn(`${path}: the last ${news.bytes} bytes were half a record of a writer that died, and are dropped`);
    } else if (news.kind === 'damaged') {
      talk.warn(`${path}: ${news.bytes} bytes are damaged and passed over; what stands behind them is kept`);
    } else talk.info(`${path}: the process ${news.pid} that wrote here has died; going on in its place`);
  };
}
