import { resolve } from 'node:path';
import { letterDocument } from '../../deadletter/document.ts';
import { HeddleError } from '../../errors.ts';
import type { Letter } from '../../letters/letter.ts';
import { command } from '../command.ts';
import { tellNews } from '../connection-news.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { refusal, text, textOr, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { readAge } from '../flags/since.ts';
import { size } from '../flags/size.ts';
import type { Formats } from '../output-format.ts';
import { counted } from '../screen/count.ts';
import type { Session } from '../session.ts';
import { untilStopped } from '../until-stopped.ts';
import { HOME, openHomeAndBus, tellLogNews } from './home.ts';
import { letterLine } from './letter-line.ts';

const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 * 1024;

const KEEPING = flagGroup({
  heading: 'Keeping them in the folder of --store:',
  flags: {
    tasks: refusal('--no-tasks', 'do not listen to tasks: no orphans, and failed results without their tasks'),
    goals: toggle('--goals', 'listen to goals, too: where nobody takes them, their senders are told that somebody did'),
    maxAge: textOr('--max-age <duration>', 'how long (default 30d)', readAge, 30 * DAY_MS),
    maxBytes: textOr(
      '--max-bytes <size>',
      'how much (default 1GiB)',
      size({ min: MEBIBYTE, max: Number.MAX_SAFE_INTEGER }),
      1024 * MEBIBYTE,
    ),
  },
  rules: (['tasks', 'goals', 'maxAge', 'maxBytes'] as const).map((flag) => ({ flag, needs: ['store' as const] })),
});

const DOING = flagGroup({
  heading: 'With each:',
  flags: { exec: text('--exec <command>', 'run this program with the letter as JSON on its stdin; no shell') },
});

const GROUPS = [HOME, KEEPING, DOING] as const;
type WatchFlags = ValuesOf<typeof GROUPS>;

const FORMATS = {
  human: (session) => (letter) => session.print(letterLine(letter, undefined, session.out)),
  ndjson: (session) => (letter) => session.json({ schema_version: 1, ...letterDocument(letter, undefined) }),
} satisfies Formats<(letter: Letter) => void>;

/** Failed work as it comes: from the streams of the server, or heard on the bus and kept in a folder. */
export const watchCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter watch', 'what the streams of the server keep, as it comes'],
    ['heddle-ts dead-letter watch --store letters', 'without JetStream: hear it, and keep it in this folder'],
    ["heddle-ts dead-letter watch --exec 'notify-team --from heddle'", 'a program for each letter'],
  ],
  groups: GROUPS,
  run: async (session, _args, flags) => {
    session.io.stdout.useEventLoop();
    session.io.stderr.useEventLoop();
    const write = FORMATS[session.format](session);
    const exec = flags.exec === undefined ? undefined : (await import('./exec-each.ts')).execEach(session, flags.exec);
    let count = 0;
    const tell = (letter: Letter): void => {
      count += 1;
      write(letter);
      exec?.give(`${JSON.stringify({ schema_version: 1, ...letterDocument(letter, undefined) })}\n`);
    };
    const exit =
      flags.store === undefined
        ? await followHome(session, flags, tell)
        : await keep(session, flags.store, flags, tell);
    await exec?.done();
    session.talk.info(`${counted(count, 'letter')}`);
    return exit;
  },
});

async function followHome(session: Session, flags: WatchFlags, tell: (letter: Letter) => void): Promise<ExitCode> {
  const { follow } = await import('../../deadletter/follow.ts');
  const { home, bus } = await openHomeAndBus(session, flags);
  session.atEnd(bus.onEvent(tellNews(session.talk)));
  const stop = new AbortController();
  const { ended } = await follow(home, {
    signal: stop.signal,
    onLetter: tell,
    onMissed: (missed) => session.talk.warn(`${counted(missed, 'message')} went before they could be read`),
  });
  session.talk.info(`watching ${home.where}`);
  const failure = await Promise.race([ended, bus.closed, untilStopped(session)]);
  stop.abort();
  await ended;
  if (failure instanceof HeddleError) throw failure;
  return EXIT.ok;
}

async function keep(
  session: Session,
  store: string,
  { orphanAfter: orphanAfterMs, tasks, goals, maxAge: maxAgeMs, maxBytes }: WatchFlags,
  tell: (letter: Letter) => void,
): Promise<ExitCode> {
  const [{ Keeper }, { Watcher }] = await Promise.all([
    import('../../deadletter/keeper.ts'),
    import('../../deadletter/watcher.ts'),
  ]);
  const { clock } = session.io;
  const keeper = await Keeper.open({
    path: resolve(session.io.cwd, store),
    clock,
    limits: { maxAgeMs, maxBytes },
    tell: tellLogNews(session),
    onKept: tell,
  });
  session.atEnd(() => keeper.close());
  const bus = await session.connect({ reconnect: true });
  session.atEnd(bus.onEvent(tellNews(session.talk)));
  const watcher = new Watcher({
    bus,
    clock,
    orphanAfterMs,
    tasks,
    goals,
    onRecord: (record) => keeper.keep(record),
    onGap: (gap) => {
      keeper.gap(gap);
      session.talk.warn('the connection was away; what failed meanwhile is not kept');
    },
  });
  const stop = await watcher.start();
  session.talk.info(`keeping failed work of ${bus.url} in ${store}`);
  const failure = await Promise.race([keeper.failed, bus.closed, untilStopped(session)]);
  await stop();
  await keeper.settled();
  if (watcher.forgotten > 0) {
    session.talk.warn(
      `${counted(watcher.forgotten, 'task')} under way were forgotten to make room: they become no orphans`,
    );
  }
  if (failure instanceof HeddleError) throw failure;
  return EXIT.ok;
}
