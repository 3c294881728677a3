import { checkOptions, is, type Keys, needed } from '../check-options.ts';
import type { HeddleError } from '../errors.ts';
import type { RouterEvent } from '../router/events.ts';
import type { RouterRules } from '../router/rules.ts';
import { type RunningRouter, runRouter } from '../router/run.ts';
import { unlessAborted } from '../time/wait.ts';
import type { BusEvent, Transport } from '../transport/transport.ts';
import type { WorkerEvent } from '../worker/events.ts';
import { execLongLived } from '../worker/exec/long-lived.ts';
import { echo, inProcess } from '../worker/in-process.ts';
import type { RunningWorker } from '../worker/life.ts';
import { loadHandler } from '../worker/load-handler.ts';
import type { Performer } from '../worker/performer.ts';
import { serveTasks } from '../worker/run.ts';
import { startBus } from './bus.ts';
import type { BusOptions } from './dev-bus.ts';
import type { DevHandler, DevWorker } from './find-workers.ts';

/** What the bus of `dev` and its start and end have to say; router and workers speak for themselves. */
export type DevEvent =
  | { readonly kind: 'dev_bus_line'; readonly text: string }
  | { readonly kind: 'dev_stopping' }
  | { readonly kind: 'dev_stopped' };

/** Which bus is started, and what runs on it. */
export interface DevOptions extends Omit<BusOptions, 'log'> {
  readonly workers: readonly DevWorker[];
  readonly rules: RouterRules;
  readonly reloadRules?: (() => Promise<RouterRules>) | undefined;
  /** Connects to the bus that was started (its URL is handed in) under this client name. */
  readonly connect: (url: string, name: string) => Promise<Transport>;
  /** A fresh id for a task that came without one. Default: a random uuid4. */
  readonly uuid?: (() => string) | undefined;
  readonly log: (event: WorkerEvent | RouterEvent | DevEvent | { kind: 'bus'; who: string; event: BusEvent }) => void;
  readonly verbose?: boolean | undefined;
  /** Aborted: a start that is under way ends with the reason, and is put away again. */
  readonly signal?: AbortSignal | undefined;
}

/** A bus with its router and its workers. */
export interface RunningDev {
  readonly url: string;
  /** What the bus is, for people. */
  readonly bus: string;
  /** Where it speaks MQTT; undefined: nowhere. */
  readonly mqttUrl: string | undefined;
  readonly router: RunningRouter;
  readonly workers: readonly RunningWorker[];
  /** One more connection to the bus, under this client name; what becomes of it is logged as that of `who`. It is closed before the bus is. */
  connect(name: string, who: string): Promise<Transport>;
  /** Workers, then the router, then the bus; nothing is left behind. Resolves within the grace and a few seconds. */
  stop(graceMs: number): Promise<void>;
  /** Ends children and removes files at once. */
  kill(): void;
  /** Settles, with the reason, when a part ended by itself. */
  readonly ended: Promise<HeddleError>;
}

const OPTIONS: Keys<DevOptions> = {
  bus: needed(is.text),
  port: needed(is.number),
  mqttPort: is.number,
  cwd: needed(is.text),
  env: needed(is.object),
  platform: needed(is.text),
  workers: needed(is.listOf(is.object, 'workers')),
  rules: needed(is.object),
  reloadRules: is.callback,
  connect: needed(is.callback),
  uuid: is.callback,
  log: needed(is.callback),
  verbose: is.truth,
  onChild: is.callback,
  signal: is.signal,
  clock: is.clock,
};

/** A whole Heddle bus in this process. When a part cannot start, those before it are put away again. */
export async function runDev(options: DevOptions): Promise<RunningDev> {
  checkOptions('runDev', options, OPTIONS);
  const { clock, uuid, log } = options;
  const undos: (() => Promise<unknown>)[] = [];
  const performers: Performer[] = [];
  const undo = async (): Promise<void> => {
    // What cannot be closed must not keep the bus behind it.
    for (const each of undos.splice(0).reverse()) await each().catch(() => {});
  };
  try {
    const started = await startBus({ ...options, log: (text) => log({ kind: 'dev_bus_line', text }) });
    undos.push(() => started.stop());
    const connect = async (name: string, who: string): Promise<Transport> => {
      const transport = await options.connect(started.url, name).catch((thrown: unknown) => {
        throw started.whyRefused?.(thrown) ?? thrown;
      });
      undos.push(() => transport.close());
      transport.onEvent((event) => log({ kind: 'bus', who, event }));
      return transport;
    };
    const router = await runRouter(await connect('heddle-ts dev router', 'router'), {
      rules: options.rules,
      clock,
      uuid,
      reload: options.reloadRules,
      log,
      logRouted: options.verbose,
    });
    const workers: RunningWorker[] = [];
    for (const { settings, handler } of options.workers) {
      const name = `${settings.name}.${settings.tier}`;
      const transport = await connect(`heddle-ts dev worker ${name}`, `worker ${name}`);
      const performer = await unlessAborted(performerOf(handler, options, log), options.signal);
      performers.push(performer);
      undos.push(() => performer.stop(1_000));
      const serving = serveTasks(transport, { settings, performer, clock, uuid, log, logTaken: options.verbose });
      workers.push(await unlessAborted(serving, options.signal));
    }
    const ended = Promise.race([
      started.ended,
      firstFailure([router.closed, ...workers.map((worker) => worker.closed)]),
    ]);
    let stopping: Promise<void> | undefined;
    const stop = async (graceMs: number): Promise<void> => {
      log({ kind: 'dev_stopping' });
      await Promise.all(workers.map((worker) => worker.stop(graceMs)));
      await router.stop(1_000);
      await undo();
      log({ kind: 'dev_stopped' });
    };
    return {
      url: started.url,
      bus: started.what,
      mqttUrl: started.mqttUrl,
      router,
      workers,
      connect,
      stop: (graceMs) => {
        stopping ??= stop(graceMs);
        return stopping;
      },
      kill: () => {
        for (const performer of performers) performer.kill();
        started.kill();
      },
      ended,
    };
  } catch (thrown) {
    for (const performer of performers) performer.kill();
    await undo();
    throw thrown;
  }
}

async function performerOf(handler: DevHandler, options: DevOptions, log: DevOptions['log']): Promise<Performer> {
  if (handler.kind === 'echo') return echo();
  if (handler.kind === 'module')
    return inProcess(await loadHandler(handler.file, handler.shown), { clock: options.clock });
  const { cwd, env, platform, clock } = options;
  return execLongLived({ command: handler.command, cwd, env, platform, clock, log });
}

/** The first that ends for a reason; one that was asked to end has none. */
function firstFailure(parts: readonly Promise<HeddleError | undefined>[]): Promise<HeddleError> {
  return new Promise((resolve) => {
    for (const part of parts) void part.then((error) => error !== undefined && resolve(error));
  });
}
