import { HeddleError, isHeddleError } from '../../errors.ts';
import type { CommandOptions, CommandSpec } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';

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
    try {
      return await run(session, options);
    } catch (error) {
      // Where nothing could be checked, that world has a state of its own; 2 would say that the bus is down.
      if (session.format !== 'nagios' || !isHeddleError(error) || error.code === 'internal') throw error;
      const { nagiosUnknown } = await import('../output/preflight/nagios.ts');
      session.io.stdout.write(nagiosUnknown(error));
      return EXIT.bus;
    }
  },
};

async function run(session: Session, options: CommandOptions): Promise<ExitCode> {
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
}

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
  if (options.smoke !== undefined && flag !== undefined && flag !== 'wait') {
    throw new HeddleError(
      'usage',
      `--smoke sends a real task: it does not go with --${flag}, which would send it again and again`,
      {
        hint: 'Send it by itself, or with --wait, which sends it once when all the rest is well.',
      },
    );
  }
  if (flag === 'probe') return probe === 'live' ? 'live' : 'ready';
  return flag ?? 'once';
}
