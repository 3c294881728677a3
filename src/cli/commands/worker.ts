import { resolve } from 'node:path';
import type { Command } from 'commander';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { ChildEvent } from '../../worker/events.ts';
import type { WorkerGauges } from '../../worker/metrics.ts';
import type { Performer } from '../../worker/performer.ts';
import { clockOf } from '../clock.ts';
import type { CommandOptions, CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Session } from '../session.ts';
import { parseDuration } from '../settings/duration.ts';
import { parseListenAddress } from '../settings/listen-address.ts';
import { parseSize } from '../settings/size.ts';
import { parseWholeNumber } from '../settings/whole-number.ts';
import { untilStopped } from '../until-stopped.ts';

/** Where exporters of the Prometheus world listen by custom; on loopback unless told otherwise. */
const METRICS = '127.0.0.1:9464';

/** A processor on the bus: a handler in JavaScript, in any language behind a pipe, or an echo. */
export const worker: CommandSpec = {
  formats: ['human', 'ndjson'],
  connects: true,
  examples: [
    ['heddle-ts worker --config configs/workers/echo.yaml --echo', 'answers each task with its payload'],
    ['heddle-ts worker --config resize.yaml --handler ./resize.mjs --concurrency 4', 'a handler in JavaScript'],
    ['heddle-ts worker --config count.yaml --exec "python3 count.py"', 'a handler in any language: JSON lines'],
  ],
  declare: (command: Command) => {
    command
      .optionsGroup('Worker:')
      .requiredOption('--config <file>', "the worker's config (worker_kind: processor)")
      .option('--tier <tier>', "tier to listen on (default: the config's, else local)")
      .option('--concurrency <n>', 'tasks at one time; 1 keeps them in order (default 1)')
      .option('--grace <duration>', 'time to finish after SIGTERM or Ctrl-C (default 30s)')
      .optionsGroup('Handler (one of):')
      .option('--handler <module>', 'export default async (payload, ctx) => output')
      .option('--exec <command>', 'a program that reads and writes JSON lines; no shell')
      .option('--echo', 'answer with the payload')
      .optionsGroup('Program behind --exec:')
      .option('--exec-per-task', 'start the program for each task')
      .option('--max-line <size>', 'longest answer of the program (default 1MiB)')
      .optionsGroup('Watching it:')
      .addOption(command.createOption('--log-format <format>', 'log lines on stdout').choices(['human', 'json']))
      .option('--metrics [host:port]', 'Prometheus text at /metrics (default 127.0.0.1:9464)');
  },
  run: async (session, _args, options) => {
    const [{ serveTasks }, { unlessAborted }, { loadWorkerSettings }, { createLog, logFormatOf }] = await Promise.all([
      import('../../worker/run.ts'),
      import('../../worker/unless-aborted.ts'),
      import('../../worker/settings.ts'),
      import('../output/log/list.ts'),
    ]);
    const shown = String(options.config);
    const file = resolve(session.io.cwd, shown);
    const concurrency = parseWholeNumber(String(options.concurrency ?? 1), '--concurrency', { min: 1, max: 10_000 });
    const graceMs = parseDuration(String(options.grace ?? '30s'), '--grace');
    const listen =
      options.metrics === undefined ? undefined : parseListenAddress(options.metrics, '--metrics', METRICS);
    const clock = clockOf(session.io);
    const log = createLog(session, logFormatOf(session, options.logFormat));
    const settings = loadWorkerSettings(file, shown);
    const performer = await unlessAborted(performerOf(session, options, log), session.stop);
    session.atEnd(() => performer.kill());
    session.atAbruptEnd(() => performer.kill());

    const { workerMetrics } = await import('../../worker/metrics.ts');
    const tier = typeof options.tier === 'string' ? options.tier : settings.tier;
    const metrics = workerMetrics(settings.name, tier);
    const transport = await session.connect({
      name: `heddle-ts worker ${settings.name}.${tier}`,
      reconnect: true,
    });
    transport.onEvent((event) => {
      metrics.bus(event);
      log({ kind: 'bus', who: 'worker', event });
    });
    session.atEnd(
      session.io.onStray((thrown) => {
        log({
          kind: 'stray_failure',
          reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
        });
      }),
    );
    // Before the first task: a port that is taken must not cost one.
    let gauges: WorkerGauges = { running: 0, waiting: 0 };
    if (listen !== undefined) {
      const { serveMetrics } = await import('../../worker/metrics-server.ts');
      const serving = serveMetrics(listen.host, listen.port, () => metrics.text(gauges));
      const server = await serving.catch((thrown: unknown) => {
        if (!isHeddleError(thrown) || thrown.code !== 'usage') throw thrown;
        throw new HeddleError('usage', `--metrics: ${thrown.message}`, { cause: thrown });
      });
      session.atEnd(() => server.close());
      log({ kind: 'metrics_served', url: server.url });
    }
    const serving = serveTasks(transport, {
      settings,
      performer,
      clock,
      tier,
      concurrency,
      reload: async () => loadWorkerSettings(file, shown),
      log: (event) => {
        metrics.heard(event);
        log(event);
      },
      logTaken: session.verbose,
    });
    const running = await unlessAborted(serving, session.stop);
    gauges = running;
    const hangUp = session.io.onSignal('SIGHUP', () => void running.reload());
    session.atEnd(hangUp);

    const failure = await Promise.race([running.closed, untilStopped(session)]);
    const counts = await running.stop(graceMs);
    if (failure !== undefined) throw failure;
    return counts.unsent > 0 ? EXIT.bus : EXIT.ok;
  },
};

async function performerOf(
  session: Session,
  options: CommandOptions,
  log: (event: ChildEvent) => void,
): Promise<Performer> {
  const chosen = ['handler', 'exec', 'echo'].filter((name) => options[name] !== undefined);
  if (chosen.length !== 1) {
    throw new HeddleError('usage', `worker needs one of --handler, --exec and --echo, and got ${chosen.length}`, {
      hint: 'With --echo it answers with the payload; see heddle-ts worker --help.',
    });
  }
  if (chosen[0] !== 'exec') {
    for (const [name, flag] of [
      ['execPerTask', '--exec-per-task'],
      ['maxLine', '--max-line'],
    ] as const) {
      if (options[name] !== undefined) throw new HeddleError('usage', `${flag} belongs to --exec`);
    }
  }
  const { io } = session;
  if (options.echo === true) return (await import('../../worker/in-process.ts')).echo();
  if (typeof options.handler === 'string') {
    const [{ loadHandler }, { inProcess }] = await Promise.all([
      import('../../worker/load-handler.ts'),
      import('../../worker/in-process.ts'),
    ]);
    return inProcess(await loadHandler(resolve(io.cwd, options.handler), options.handler));
  }
  const { splitCommand } = await import('../../child/split-command.ts');
  const exec = {
    command: splitCommand(String(options.exec)),
    cwd: io.cwd,
    env: io.env,
    platform: io.platform,
    maxLine: parseSize(String(options.maxLine ?? '1MiB'), '--max-line', { min: 64, max: 64 * 1024 * 1024 }),
    monotonic: clockOf(io).monotonic,
    log,
  };
  return options.execPerTask === true
    ? (await import('../../worker/exec/per-task.ts')).execPerTask(exec)
    : (await import('../../worker/exec/long-lived.ts')).execLongLived(exec);
}
