import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { HeddleError } from '../../errors.ts';
import type { RouterRules } from '../../router/rules.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';
import { parseDuration } from '../settings/duration.ts';
import { parseWholeNumber } from '../settings/whole-number.ts';
import { untilStopped } from '../until-stopped.ts';

/** A bus, a router and workers in one process: for a first look, and for work without a cluster. */
export const dev: CommandSpec = {
  formats: ['human', 'ndjson'],
  connects: false,
  examples: [
    ['heddle-ts dev', 'a bus on a free port, the router, an echo worker'],
    ['heddle-ts dev --bus builtin --port 4222', 'without nats-server, where everything expects a bus'],
    ['heddle-ts dev --ready-file ready.json &', 'for scripts: the file holds the URL, once all of it runs'],
  ],
  declare: (command: Command) => {
    command
      .optionsGroup('Bus:')
      .option('--bus <which>', 'auto, nats-server, builtin, or the URL of one that runs (default auto)')
      .option('--port <n>', 'port of the bus on 127.0.0.1; 0 is a free one (default 0)')
      .optionsGroup('Actors:')
      .option('--configs-dir <folder>', 'where workers/ and router_rules.yaml are looked for (default configs)')
      .option('--grace <duration>', 'time for running tasks after SIGTERM or Ctrl-C (default 5s)')
      .optionsGroup('For scripts:')
      .option('--ready-file <file>', 'written when everything runs, removed at the end')
      .addOption(command.createOption('--log-format <format>', 'log lines on stdout').choices(['human', 'json']));
  },
  run: async (session, _args, options) => {
    const [{ runDev }, { findWorkers }, { NO_RULES }, { connect }, { createLog, logFormatOf }, { showDev }] =
      await Promise.all([
        import('../../dev/run.ts'),
        import('../../dev/find-workers.ts'),
        import('../../router/rules.ts'),
        import('../../transport/nats.ts'),
        import('../output/log/list.ts'),
        import('../output/dev/list.ts'),
      ]);
    const { io } = session;
    const port = parseWholeNumber(String(options.port ?? 0), '--port', { max: 65_535 });
    const graceMs = parseDuration(String(options.grace ?? '5s'), '--grace');
    const bus = String(options.bus ?? 'auto');
    if (bus !== 'auto' && !/^(?:nats-server|builtin)$/.test(bus) && !/[.:]|^localhost$/.test(bus)) {
      throw new HeddleError('usage', `--bus: ${JSON.stringify(bus)} is neither auto, nats-server, builtin nor a URL`);
    }
    const folder = String(options.configsDir ?? 'configs');
    if (options.configsDir !== undefined && !existsSync(resolve(io.cwd, folder))) {
      throw new HeddleError('input_unreadable', `--configs-dir: there is no ${folder}`);
    }
    const rulesFile = join(folder, 'router_rules.yaml');
    const readRules = async (): Promise<RouterRules> => {
      const path = resolve(io.cwd, rulesFile);
      if (!existsSync(path)) return NO_RULES;
      return (await import('../../router/load-rules.ts')).loadRules(path, rulesFile);
    };
    const { workers, skipped } = findWorkers(join(folder, 'workers'), io.cwd);
    const format = logFormatOf(session, options.logFormat);
    const line = createLog(session, format);
    const log: typeof line = (event) => {
      // For people the overview says it better.
      const told = event.kind === 'router_started' || event.kind === 'worker_started';
      if (format !== 'human' || !told) line(event);
    };
    const rules = await readRules();
    // A terminal that is closed would else leave the bus, which is in a process group of its own.
    const hungUp = new Promise<undefined>((resolve) => {
      session.atEnd(io.onSignal('SIGHUP', () => resolve(undefined)));
    });
    session.atEnd(io.onStray((thrown) => log({ kind: 'stray_failure', reason: strayWords(thrown) })));
    const running = await runDev({
      bus,
      port,
      cwd: io.cwd,
      env: io.env,
      platform: io.platform,
      workers,
      rules,
      reloadRules: readRules,
      connect: (url, name) => connect({ servers: [url], name, reconnect: true, signal: session.stop, clock: io.clock }),
      clock: io.clock,
      log,
      verbose: session.verbose,
      signal: session.stop,
      onChild: session.atAbruptEnd,
    });
    session.atEnd(() => running.stop(graceMs));
    session.atAbruptEnd(() => running.kill());

    const { url } = running;
    // Before the line that says so: who waits for the line may look at the file.
    if (typeof options.readyFile === 'string') {
      const { writeReadyFile } = await import('../../dev/ready-file.ts');
      const remove = writeReadyFile(resolve(io.cwd, options.readyFile), { url, pid: io.pid });
      session.atEnd(remove);
      session.atAbruptEnd(remove);
    }
    showDev(session, format, {
      url,
      bus: running.bus,
      workers,
      skipped,
      rules,
      rulesFile: rules === NO_RULES ? undefined : rulesFile,
    });
    const failure = await Promise.race([running.ended, untilStopped(session), hungUp]);
    await running.stop(graceMs);
    if (failure !== undefined) throw failure;
    return EXIT.ok;
  },
};

function strayWords(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
