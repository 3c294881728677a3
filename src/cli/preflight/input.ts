import { isAbsolute, resolve } from 'node:path';
import { type HeddleError, isHeddleError } from '../../errors.ts';
import type { Questions, SettingsView } from '../../preflight/probe.ts';
import type { RoundOptions } from '../../preflight/round.ts';
import { readIgnored } from '../../preflight/selection.ts';
import type { ConnectOptions } from '../../transport/options.ts';
import { atFlag } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { describeSettings } from '../settings/describe.ts';
import type { ResolvedSettings } from '../settings/resolve.ts';
import { sourceText } from '../settings/source.ts';
import { configPaths } from './expected-configs.ts';
import type { PreflightFlags } from './flags.ts';

/** What the command line, the environment and the files come to for one round of checks. */
export async function preflightInput(
  session: Session,
  flags: PreflightFlags,
  deadLetters?: Questions['deadLetters'],
): Promise<Omit<RoundOptions, 'signal'>> {
  const { env, cwd, home, clock } = session.io;
  const settings = await session.readSettings();
  const { connectOptions, problems } = await usable(settings);
  const resolvePath = (path: string): string => (isAbsolute(path) ? path : resolve(cwd, path));
  const timeout = settings.settings.get('timeout')?.value;
  return {
    ask: { ...(await questions(flags, timeout?.kind === 'duration' ? timeout.ms : 5000, cwd)), deadLetters },
    settings: { ...view(settings), problems },
    env: {
      get: (name) => {
        const found = settings.environment.get(name);
        return found === undefined ? undefined : { value: found.value, source: sourceText(found.source) };
      },
      isEmpty: (name) => Object.hasOwn(env, name) && env[name] === '',
    },
    servers: await servers(connectOptions),
    tls: connectOptions?.tls,
    connect: async (address, timeoutMs, signal) => {
      const [{ connect }, { CALLED, originOf }] = await Promise.all([
        import('../../transport/nats.ts'),
        import('../settings/connect-options.ts'),
      ]);
      return await connect({
        ...connectOptions,
        called: CALLED,
        origin: originOf(settings),
        name: `heddle-ts ${session.command}`,
        servers: [address],
        timeoutMs,
        signal,
        clock,
      });
    },
    // The global loads its module when it is asked; only a smoke test asks.
    sources: { now: clock.now, uuid: () => globalThis.crypto.randomUUID() },
    clock,
    home,
    resolve: resolvePath,
    selection: {
      expectations: flags.expect,
      ignored: flags.ignore.map((each) => atFlag('--ignore', () => readIgnored(each))),
    },
  };
}

/** Who counts failures, for all rounds of a run: each reads only what came since the one before. */
export function deadLetterQuestion(
  { io }: Session,
  { deadLettersWarn: asked }: PreflightFlags,
): Questions['deadLetters'] {
  if (asked === undefined) return undefined;
  const counting = import('../../letters/recent.ts').then(
    ({ RecentLetters }) => new RecentLetters(asked.windowMs, io.clock),
  );
  return { ...asked, count: async (bus, signal) => await (await counting).count(bus, signal) };
}

/** The files that settings name are read here; what is wrong with them is a finding, not the end. */
async function usable(
  settings: ResolvedSettings,
): Promise<{ connectOptions: ConnectOptions | undefined; problems: readonly HeddleError[] }> {
  if (settings.problems.length > 0) return { connectOptions: undefined, problems: settings.problems };
  const { toConnectOptions } = await import('../settings/connect-options.ts');
  try {
    return { connectOptions: toConnectOptions(settings), problems: [] };
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return { connectOptions: undefined, problems: [error] };
  }
}

function view(settings: ResolvedSettings): Omit<SettingsView, 'problems'> {
  return { rows: describeSettings(settings), warnings: settings.warnings, envFile: settings.environment.file };
}

async function servers(options: ConnectOptions | undefined): Promise<RoundOptions['servers']> {
  if (options === undefined) return [];
  const { parseAddress } = await import('../../transport/nats/address.ts');
  return options.servers.map((address) => {
    const { label, host, port } = parseAddress(address);
    return { address, label, host, port };
  });
}

async function questions(flags: PreflightFlags, timeoutMs: number, cwd: string): Promise<Questions> {
  const { smoke } = flags;
  return {
    rttWarnMs: flags.rttWarn,
    tiers: flags.tier,
    probeBackends: flags.probeBackends,
    expectations: flags.expect,
    expectCalled: '--expect',
    configs: await configPaths(flags, cwd),
    roles: flags.role,
    routerConfigs: flags.routerConfig,
    listenMs: flags.probe === undefined ? flags.listen : undefined,
    smoke: smoke && { ...smoke, payload: flags.smokePayload ?? SMOKE_PAYLOAD, timeoutMs: flags.smokeTimeout },
    timeoutMs: flags.probe === undefined ? timeoutMs : Math.min(timeoutMs, PROBE_MS),
  };
}

/** Whoever finds such a task shall know where it came from. */
const SMOKE_PAYLOAD = { text: 'heddle-ts preflight --smoke' };

/** Kubernetes gives an exec probe a second by default, and starting, the grace of a round and ending are part of it. */
const PROBE_MS = 600;
