import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RouterRules } from '../../router/rules.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { duration } from '../flags/duration.ts';
import { oneOf, refusal, text, textOr } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { LOG_FORMATS, logFormatFlag, logFormatOf } from '../log/formats.ts';
import { shownPath } from '../settings/files.ts';
import { untilStopped } from '../until-stopped.ts';

const DEFAULT_RULES = 'configs/router_rules.yaml';

const ROUTER = flagGroup({
  heading: 'Router:',
  flags: {
    config: text('--config <file>', `router rules (default ${DEFAULT_RULES}, when it exists)`),
    refill: oneOf(
      '--refill <rule>',
      ['max_concurrent', 'tokens_per_minute'],
      'how rate limits refill: as Heddle does, or as it documents (default the first)',
    ),
    queueGroup: refusal('--no-queue-group', 'every replica routes every task, as early Heddle routers do'),
    grace: textOr('--grace <duration>', 'time to finish after SIGTERM or Ctrl-C (default 10s)', duration(), 10_000),
  },
});

const WATCHING = flagGroup({ heading: 'Watching it:', flags: { logFormat: logFormatFlag } });

/** Heddle's deterministic router: from heddle.tasks.incoming to the workers, or to the dead letters. */
export const router = command({
  formats: LOG_FORMATS,
  connects: true,
  examples: [
    ['heddle-ts router', `by ${DEFAULT_RULES}, without rules when there is no such file`],
    ['heddle-ts router --config rules.yaml --refill tokens_per_minute', 'rate limits as documented'],
    ['kill -HUP <pid>', 'reads the rules again; bad new rules change nothing'],
  ],
  groups: [ROUTER, WATCHING],
  run: async (session, _args, { config, refill, queueGroup, grace, logFormat }) => {
    const [{ runRouter }, { NO_RULES }, { createLog }] = await Promise.all([
      import('../../router/run.ts'),
      import('../../router/rules.ts'),
      import('../log/log.ts'),
    ]);
    const named = config ?? DEFAULT_RULES;
    const shown = shownPath(named);
    const file = resolve(session.io.cwd, named);
    const readRules = async (): Promise<RouterRules> => {
      if (config === undefined && !existsSync(file)) return NO_RULES;
      const { loadRules } = await import('../../router/load-rules.ts');
      return loadRules(file, shown);
    };
    const rules = await readRules();
    const log = createLog(session, logFormatOf(session.format, logFormat));
    if (rules === NO_RULES) session.talk.info(`no ${shown}: routing without rules`);
    const transport = await session.connect({ name: 'heddle-ts router', reconnect: true });
    transport.onEvent((event) => log({ kind: 'bus', who: 'router', event }));
    const running = await runRouter(transport, {
      rules,
      clock: session.io.clock,
      refill,
      queueGroup,
      reload: readRules,
      log,
      logRouted: session.verbose,
    });
    session.atEnd(session.io.onSignal('SIGHUP', () => void running.reload()));
    const failure = await Promise.race([running.closed, untilStopped(session)]);
    if (failure !== undefined) throw failure;
    await running.stop(grace);
    return EXIT.ok;
  },
});
