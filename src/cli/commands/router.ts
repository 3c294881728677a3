import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RouterRules } from '../../router/rules.ts';
import type { Refill } from '../../router/token-bucket.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';
import { parseDuration } from '../settings/duration.ts';
import { untilStopped } from '../until-stopped.ts';

const DEFAULT_RULES = 'configs/router_rules.yaml';

/** Heddle's deterministic router: from heddle.tasks.incoming to the workers, or to the dead letters. */
export const router: CommandSpec = {
  formats: ['human', 'ndjson'],
  connects: true,
  examples: [
    ['heddle-ts router', `by ${DEFAULT_RULES}, without rules when there is no such file`],
    ['heddle-ts router --config rules.yaml --refill tokens_per_minute', 'rate limits as documented'],
    ['kill -HUP <pid>', 'reads the rules again; bad new rules change nothing'],
  ],
  declare: (command: Command) => {
    command
      .optionsGroup('Router:')
      .option('--config <file>', `router rules (default ${DEFAULT_RULES}, when it exists)`)
      .addOption(
        command
          .createOption(
            '--refill <rule>',
            'how rate limits refill: as Heddle does, or as it documents (default the first)',
          )
          .choices(['max_concurrent', 'tokens_per_minute']),
      )
      .option('--no-queue-group', 'every replica routes every task, as early Heddle routers do')
      .option('--grace <duration>', 'time to finish after SIGTERM or Ctrl-C (default 10s)')
      .optionsGroup('Watching it:')
      .addOption(command.createOption('--log-format <format>', 'log lines on stdout').choices(['human', 'json']));
  },
  run: async (session, _args, options) => {
    const [{ runRouter }, { NO_RULES }, { createLog, logFormatOf }] = await Promise.all([
      import('../../router/run.ts'),
      import('../../router/rules.ts'),
      import('../output/log/list.ts'),
    ]);
    const asked = typeof options.config === 'string' ? options.config : undefined;
    const shown = asked ?? DEFAULT_RULES;
    const file = resolve(session.io.cwd, shown);
    const graceMs = parseDuration(String(options.grace ?? '10s'), '--grace');
    const readRules = async (): Promise<RouterRules> => {
      if (asked === undefined && !existsSync(file)) return NO_RULES;
      const { loadRules } = await import('../../router/load-rules.ts');
      return loadRules(file, shown);
    };
    const rules = await readRules();
    if (rules === NO_RULES) session.talk.info(`no ${shown}: routing without rules`);
    const log = createLog(session, logFormatOf(session, options.logFormat));
    const transport = await session.connect({ name: 'heddle-ts router', reconnect: true });
    transport.onEvent((event) => log({ kind: 'bus', who: 'router', event }));
    const running = await runRouter(transport, {
      rules,
      clock: session.io.clock,
      refill: options.refill as Refill | undefined,
      queueGroup: options.queueGroup !== false,
      reload: readRules,
      log,
      logRouted: session.verbose,
    });
    session.atEnd(session.io.onSignal('SIGHUP', () => void running.reload()));
    const failure = await Promise.race([running.closed, untilStopped(session)]);
    if (failure !== undefined) throw failure;
    await running.stop(graceMs);
    return EXIT.ok;
  },
};
