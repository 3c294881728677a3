import { HeddleError } from '../../errors.ts';
import type { CommandOptions, CommandSpec } from '../command.ts';

const gather = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Is this machine ready, is the bus alive, who is listening. */
export const preflight: CommandSpec = {
  formats: ['human', 'short', 'json', 'junit', 'nagios', 'prometheus'],
  connects: true,
  examples: [
    ['heddle-ts preflight', 'settings, connection, permissions, bus; what this machine can serve'],
    [
      'heddle-ts preflight --configs-dir configs --expect router --expect worker:echo.local:2',
      'is everything there that should be?',
    ],
    ['heddle-ts preflight --expect router --wait 60s', 'wait until it is, for compose, CI and init containers'],
  ],
  declare: (command) => {
    command.optionsGroup('What to check:');
    command
      .option('--config <path...>', 'config files: readable, and their workers on the bus')
      .option('--configs-dir <dir>', 'every *.yaml under it')
      .option('--tier <tier>', 'a tier that this machine is to serve; repeatable', gather)
      .option('--probe-backends', 'ask the local model server whether it answers')
      .option('--rtt-warn <duration>', 'warn when a round trip takes longer (default 100ms)')
      .option('--smoke <worker>', 'SEND one real task to this worker (type or type.tier) and wait for its result')
      .option('--smoke-payload <json>', 'payload of that task (default {"text":"..."})')
      .option('--smoke-timeout <duration>', 'how long to wait for its result (default 10s)');
    command.optionsGroup('What counts:');
    command
      .option(
        '--expect <what>',
        'must be there: router, pipeline, orchestrator, dead_letters, jetstream, worker:<type>[.<tier>][:<min>]; repeatable',
        gather,
      )
      .option('--ignore <check>', 'do not count this check, or check=target; repeatable', gather)
      .option('--fail-on <level>', 'what fails the run: error (default) or warning');
    command.optionsGroup('When:');
    command
      .option('--wait <duration>', 'repeat until everything is well or the time is up')
      .option('--watch [every]', 'go on and tell each change (default every 10s)')
      .option('--probe <kind>', 'one line for exec probes, within a second: ready or live')
      .option('--serve [address]', 'serve /livez, /readyz, /healthz, /metrics (default 127.0.0.1:8087)')
      .option('--interval <duration>', 'time between rounds of --serve (default 5s)');
  },
  run: async (session, _args, options) => {
    const mode = modeOf(options);
    // Never depends on the bus: a broken bus must not restart the pod that looks at it.
    if (mode === 'live') {
      session.print('live');
      return 0;
    }
    // The client takes longer to load than everything else: begun now, it comes while the settings are read.
    const client = import('../../transport/nats.ts');
    const [{ runPreflight }] = await Promise.all([import('../preflight/run.ts'), client]);
    return await runPreflight(session, options, mode);
  },
};

export type Mode = 'once' | 'wait' | 'watch' | 'ready' | 'live' | 'serve';

function modeOf(options: CommandOptions): Mode {
  const { failOn, probe } = options;
  if (failOn !== undefined && failOn !== 'error' && failOn !== 'warning') {
    throw new HeddleError('usage', `--fail-on is error or warning, not ${JSON.stringify(failOn)}`);
  }
  if (probe !== undefined && probe !== 'ready' && probe !== 'live') {
    throw new HeddleError('usage', `--probe is ready or live, not ${JSON.stringify(probe)}`);
  }
  const given = (['wait', 'watch', 'probe', 'serve'] as const).filter((flag) => options[flag] !== undefined);
  if (given.length > 1) {
    throw new HeddleError('usage', `${given.map((flag) => `--${flag}`).join(' and ')} exclude each other`);
  }
  const [flag] = given;
  if (flag === 'probe') return probe === 'live' ? 'live' : 'ready';
  return flag ?? 'once';
}
