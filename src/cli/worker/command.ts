import { resolve } from 'node:path';
import type { SidecarState } from '../../child/sidecar.ts';
import type { WorkerEvent } from '../../worker/events.ts';
import type { WorkerGauges } from '../../worker/metrics.ts';
import type { RunningVia } from '../../worker/via/serve.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { namingListener, warnExposed } from '../flags/listen-address.ts';
import { LOG_FORMATS, logFormatOf } from '../log/formats.ts';
import { strayWords } from '../log/line.ts';
import { shownPath } from '../settings/files.ts';
import { untilStopped } from '../until-stopped.ts';
import { HANDLER, PROGRAM, SIDECAR, VIA, WATCHING, WORKER } from './flags.ts';

/** A processor on the bus: a handler in JavaScript, in any language behind a pipe, or an echo. */
export const worker = command({
  formats: LOG_FORMATS,
  connects: true,
  examples: [
    ['heddle-ts worker --config configs/workers/echo.yaml --echo', 'answers each task with its payload'],
    ['heddle-ts worker --config resize.yaml --handler ./resize.mjs --concurrency 4', 'a handler in JavaScript'],
    ['heddle-ts worker --config count.yaml --exec "python3 count.py"', 'a handler in any language: JSON lines'],
    ['heddle-ts worker --config count.yaml --echo --via https://gw.example.com', 'tasks over HTTP, from a gateway'],
    ['heddle-ts worker --config see.yaml --handler ./see.mjs --sidecar "python3 model.py"', 'with a model beside it'],
  ],
  groups: [WORKER, HANDLER, PROGRAM, SIDECAR, VIA, WATCHING],
  run: async (session, _args, flags) => {
    const [{ serveTasks }, { unlessAborted }, { loadWorkerSettings }, { createLog }, { performerOf }] =
      await Promise.all([
        import('../../worker/run.ts'),
        import('../../time/wait.ts'),
        import('../../worker/settings.ts'),
        import('../log/log.ts'),
        import('./performer.ts'),
      ]);
    const { config, concurrency, grace, metrics: listen } = flags;
    const shown = shownPath(config);
    const file = resolve(session.io.cwd, config);
    const log = createLog(session, logFormatOf(session.format, flags.logFormat));
    const settings = loadWorkerSettings(file, shown);
    const { sidecarOf } = await import('./sidecar.ts');
    const sidecar = await sidecarOf(session, flags, log);
    const alone = await unlessAborted(performerOf(session, flags, log, sidecar), session.stop);
    const performer =
      sidecar === undefined
        ? alone
        : (await import('../../worker/with-sidecar.ts')).withSidecar(alone, sidecar, flags.sidecarLoss ?? 'serve');
    session.atEnd(() => performer.kill());
    session.atAbruptEnd(() => performer.kill());

    const { workerMetrics } = await import('../../worker/metrics.ts');
    const tier = flags.tier ?? settings.tier;
    const metrics = workerMetrics(settings.name, tier, 'the program behind --exec');
    session.atEnd(session.io.onStray((thrown) => log({ kind: 'stray_failure', reason: strayWords(thrown) })));
    // Before the first task: a port that is taken must not cost one.
    let gauges: WorkerGauges = { running: 0, waiting: 0 };
    if (listen !== undefined) {
      warnExposed(session, listen.host, '/metrics', 'a loopback address, or a network policy, keeps it inside');
      const { serveMetrics } = await import('../../worker/metrics-server.ts');
      const served = serveMetrics(
        listen.host,
        listen.port,
        () => metrics.text(gauges, sidecar?.state),
        () => healthOf(gauges, sidecar?.state),
      );
      const server = await served.catch((thrown: unknown) => {
        throw namingListener('--metrics', listen, thrown);
      });
      session.atEnd(() => server.close());
      log({ kind: 'metrics_served', url: server.url });
    }
    const options = {
      settings,
      performer,
      clock: session.io.clock,
      tier,
      concurrency,
      reload: async () => loadWorkerSettings(file, shown),
      log: (event: WorkerEvent) => {
        metrics.heard(event);
        log(event);
      },
      logTaken: session.verbose,
    };
    const serve = async (): Promise<RunningVia> => {
      if (flags.via !== undefined) return (await import('./via.ts')).serveOver(session, flags, options);
      const transport = await session.connect({ name: `heddle-ts worker ${settings.name}.${tier}`, reconnect: true });
      transport.onEvent((event) => {
        metrics.bus(event);
        log({ kind: 'bus', who: 'worker', event });
      });
      return await serveTasks(transport, options);
    };
    const running = await unlessAborted(serve(), session.stop);
    gauges = running;
    const hangUp = session.io.onSignal('SIGHUP', () => void running.reload());
    session.atEnd(hangUp);

    const failure = await Promise.race([running.closed, untilStopped(session)]);
    const counts = await running.stop(grace);
    if (failure !== undefined) throw failure;
    return counts.unsent > 0 ? EXIT.bus : EXIT.ok;
  },
});

/** Whoever asks lives; what it cannot do, it says. */
function healthOf({ running, waiting }: WorkerGauges, sidecar: SidecarState | undefined): unknown {
  const isWhole = sidecar === undefined || sidecar.state === 'up';
  return {
    status: isWhole ? 'ok' : 'degraded',
    running,
    waiting,
    ...(sidecar !== undefined && {
      sidecar: {
        state: sidecar.state,
        address: sidecar.address ?? null,
        reason: sidecar.reason ?? null,
        starts: sidecar.starts,
        deaths: sidecar.deaths,
        bad_lines: sidecar.badLines,
      },
    }),
  };
}
