import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { RouterRules } from '../../router/rules.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { duration } from '../flags/duration.ts';
import { atFlag, maybe, text, textOr } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { wholeNumber } from '../flags/whole-number.ts';
import { LOG_FORMATS, logFormatFlag, logFormatOf } from '../log/formats.ts';
import { strayWords } from '../log/line.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import { shownPath } from '../settings/files.ts';
import { untilStopped } from '../until-stopped.ts';

const BUS = flagGroup({
  heading: 'Bus:',
  flags: {
    bus: textOr(
      '--bus <which>',
      'auto, nats-server, builtin, or the URL of one that runs (default auto)',
      readBus,
      'auto',
    ),
    port: textOr(
      '--port <n>',
      'port of the bus on 127.0.0.1; 0 is a free one (default 0)',
      wholeNumber({ max: 65_535 }),
      0,
    ),
    mqtt: maybe(
      '--mqtt [port]',
      'devices may come with MQTT, by the listener of a nats-server (default 1883)',
      wholeNumber({ max: 65_535 }),
      1_883,
    ),
  },
});

const ACTORS = flagGroup({
  heading: 'Actors:',
  flags: {
    configsDir: text('--configs-dir <folder>', 'where workers/ and router_rules.yaml are looked for (default configs)'),
    gateway: text(
      '--gateway <file>',
      'serve HTTP too, by this config (default: gateway.yaml of the configs, if there is one)',
    ),
    grace: textOr(
      '--grace <duration>',
      'time for running tasks after SIGTERM or Ctrl-C (default 5s)',
      duration(),
      5000,
    ),
  },
});

const SCRIPTS = flagGroup({
  heading: 'For scripts:',
  flags: {
    readyFile: text('--ready-file <file>', 'written when everything runs, removed at the end'),
    logFormat: logFormatFlag,
  },
});

/** A bus, a router and workers in one process: for a first look, and for work without a cluster. */
export const dev = command({
  formats: LOG_FORMATS,
  connects: false,
  examples: [
    ['heddle-ts dev', 'a bus on a free port, the router, an echo worker'],
    ['heddle-ts dev --bus builtin --port 4222', 'without nats-server, where everything expects a bus'],
    ['heddle-ts dev --mqtt', 'with the MQTT listener of nats-server on 127.0.0.1:1883'],
    ['heddle-ts dev --gateway gateway.yaml', 'with HTTP for it, as heddle-ts gateway serves it'],
    ['heddle-ts dev --ready-file ready.json &', 'for scripts: the file holds the URL, once all of it runs'],
  ],
  groups: [BUS, ACTORS, SCRIPTS],
  run: async (session, _args, { bus, port, mqtt, configsDir, gateway, grace, readyFile, logFormat }) => {
    const [{ runDev }, { findWorkers }, { NO_RULES }, { connect }, { createLog }, { showDev }] = await Promise.all([
      import('../../dev/run.ts'),
      import('../../dev/find-workers.ts'),
      import('../../router/rules.ts'),
      import('../../transport/nats.ts'),
      import('../log/log.ts'),
      import('./overview.ts'),
    ]);
    const { io } = session;
    const folder = configsDir ?? 'configs';
    if (configsDir !== undefined && !existsSync(resolve(io.cwd, folder))) {
      throw new HeddleError('input_unreadable', `--configs-dir: there is no ${shownPath(folder)}`);
    }
    const rulesFile = join(folder, 'router_rules.yaml');
    const readRules = async (): Promise<RouterRules> => {
      const path = resolve(io.cwd, rulesFile);
      if (!existsSync(path)) return NO_RULES;
      return (await import('../../router/load-rules.ts')).loadRules(path, rulesFile);
    };
    const { workers, skipped } = findWorkers(join(folder, 'workers'), io.cwd);
    const format = logFormatOf(session.format, logFormat);
    const line = createLog(session, format);
    const log: typeof line = (event) => {
      // For people the overview says it better.
      const told = ['router_started', 'worker_started', 'gateway_started'].includes(event.kind);
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
      mqttPort: mqtt,
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
    session.atEnd(() => running.stop(grace));
    session.atAbruptEnd(() => running.kill());

    const { url } = running;
    const { gatewayBeside, serveBeside } = await import('./gateway.ts');
    const config = gatewayBeside(session, gateway, folder);
    const beside = config === undefined ? undefined : await serveBeside(session, config, running, log);
    // Before the line that says so: who waits for the line may look at the file.
    if (readyFile !== undefined) {
      const { writeReadyFile } = await import('../../dev/ready-file.ts');
      const remove = atFlag('--ready-file', () => writeReadyFile(resolve(io.cwd, readyFile), { url, pid: io.pid }));
      session.atEnd(remove);
      session.atAbruptEnd(remove);
    }
    showDev(session, format, {
      url,
      bus: running.bus,
      mqtt: running.mqttUrl,
      workers,
      skipped,
      rules,
      rulesFile: rules === NO_RULES ? undefined : rulesFile,
      gateway: beside?.url,
    });
    const failure = await Promise.race([running.ended, untilStopped(session), hungUp]);
    await beside?.drain(grace);
    await running.stop(grace);
    if (failure !== undefined) throw failure;
    return EXIT.ok;
  },
});

function readBus(written: string, flag: string): string {
  if (/^(?:auto|nats-server|builtin)$|[.:]|^localhost$/.test(written)) return written;
  throw new HeddleError('usage', `${flag}: ${quotedValue(written)} is neither auto, nats-server, builtin nor a URL`);
}
