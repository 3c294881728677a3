import type { Timer } from '../../time/clock.ts';
import { type Watch, watchBus } from '../../top/watch-bus.ts';
import { readHttpWorkers } from '../../topology/read-http-workers.ts';
import { readKept } from '../../topology/read-kept.ts';
import { readTopology } from '../../topology/read-topology.ts';
import type { Transport } from '../../transport/transport.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { openStage, type Stage } from '../screen/live/stage.ts';
import { huesFor } from '../screen/style.ts';
import { symbolsFor } from '../screen/symbols.ts';
import type { Session } from '../session.ts';
import { messageLineWith } from '../tail/show/message-line.ts';
import { App } from './app.ts';
import type { TopFlags } from './flags.ts';
import { Letters } from './letters.ts';
import { save, savePath } from './save.ts';
import type { Look } from './screen.ts';
import { SCREENS } from './screens/list.ts';
import { writesOf } from './writes.ts';

/** No more pictures than this a second, and no more of the time than a fifth, however long one takes. */
const FRAME_MS = 100;
const SHARE = 5;

/** The command `top`: looks on, draws, takes keys, until somebody ends it or the bus is gone for good. */
export async function runTop(session: Session, flags: TopFlags): Promise<ExitCode> {
  const { io, stop } = session;
  const { clock } = io;
  io.holdLittle();
  const bus = await session.connect({ reconnect: true, pingIntervalMs: flags.pingInterval });
  const watch = await watchBus(bus, {
    clock,
    orphanAfterMs: flags.orphanAfter,
    pingIntervalMs: flags.pingInterval,
    rolesEveryMs: flags.every,
    readRoles: async () => {
      const began = clock.elapsed();
      const [map, kept] = await Promise.all([readTopology(bus, { signal: stop, clock }), readKept(bus)]);
      const tookMs = clock.elapsed() - began;
      // A gateway that says nothing is waited for, and costs nobody anything.
      const http = map.known ? await readHttpWorkers(bus, map, { signal: stop, clock }) : undefined;
      return { map, kept, http, tookMs };
    },
  });
  session.atEnd(() => watch.stop());
  const letters = new Letters(bus, clock, stop);
  session.atEnd(() => letters.close());
  return await play(session, flags, bus, watch, letters);
}

async function play(
  session: Session,
  flags: TopFlags,
  bus: Transport,
  watch: Watch,
  letters: Letters,
): Promise<ExitCode> {
  const { io, out, stop } = session;
  const { clock } = io;
  const hues = await huesFor(out.color);
  let look: Look | undefined;
  const lookAt = (width: number): Look => {
    if (look?.width === width) return look;
    const screen = { ...out, width };
    // Two columns are taken by the mark before each row.
    look = {
      ...screen,
      symbols: symbolsFor(out.unicode),
      messageLine: messageLineWith({ ...screen, width: width - 2 }, false, hues),
    };
    return look;
  };

  let stage: Stage | undefined;
  let timer: Timer | undefined;
  let over: (code: ExitCode) => void = () => {};
  let broke: (thrown: unknown) => void = () => {};
  const ended = new Promise<ExitCode>((resolve, reject) => {
    over = resolve;
    broke = reject;
  });

  const draw = (): void => {
    clock.cancel(timer);
    if (stage === undefined) return;
    const began = clock.elapsed();
    try {
      const { size } = stage;
      stage.show(app.draw(size, lookAt(size.columns)));
    } catch (thrown) {
      return broke(thrown);
    }
    timer = clock.after(Math.max(FRAME_MS, (clock.elapsed() - began) * SHARE), draw);
  };
  const openedDeadLetters = (): void => {
    void letters.readWhenOld().then(draw, broke);
  };
  const app = new App({
    screens: SCREENS,
    state: () => ({ model: watch.model, letters: letters.seen, now: clock.now() }),
    connection: (session.connectionFlags.natsUrl ?? []).length > 0 ? ` --nats-url ${bus.url}` : '',
    savePath: (title) => savePath(title, clock.now()),
    changed: draw,
    deeds: {
      quit: () => over(EXIT.ok),
      interrupt: () => over(EXIT.interrupted),
      suspend: () => stage?.suspend(),
      copy: (text) => stage?.send(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`),
      save: (path, shown) => save(io, path, shown),
      update: async () => {
        await Promise.all([watch.readRoles(), letters.read()]);
      },
      opened: (screen) => {
        if (screen.replays === true) openedDeadLetters();
      },
      writes: flags.allowWrite ? writesOf(session, bus, letters) : undefined,
    },
  });
  app.show(flags.screen);
  if (flags.where !== undefined) app.filter(flags.where, '--where');

  const interrupted = (): void => over(session.interruption() ?? EXIT.interrupted);
  if (stop.aborted) interrupted();
  stop.addEventListener('abort', interrupted, { once: true });
  watch.over.then((error) => (error === undefined ? over(EXIT.ok) : broke(error)), broke);
  stage = openStage(io, out, {
    key: (key) => {
      try {
        app.key(key);
      } catch (thrown) {
        return broke(thrown);
      }
      draw();
    },
    redraw: draw,
    lost: (thrown) => (thrown === undefined ? over(EXIT.ok) : broke(thrown)),
  });
  const opened = stage;
  session.atAbruptEnd(() => opened.close());
  draw();
  try {
    return await ended;
  } finally {
    clock.cancel(timer);
    stage = undefined;
    opened.close();
  }
}
