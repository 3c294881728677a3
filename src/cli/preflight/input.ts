import { isAbsolute, resolve } from 'node:path';
import type { JsonObject } from '../../contract/json.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { readExpectation } from '../../preflight/expectation.ts';
import type { Questions, SettingsView } from '../../preflight/probe.ts';
import type { RoundOptions } from '../../preflight/round.ts';
import { readIgnored } from '../../preflight/selection.ts';
import type { ConnectOptions } from '../../transport/options.ts';
import type { CommandOptions } from '../command.ts';
import type { Session } from '../session.ts';
import { describeSettings } from '../settings/describe.ts';
import { parseDuration } from '../settings/duration.ts';
import { loadEnvironment } from '../settings/environment.ts';
import { readConnectionFlags } from '../settings/flags.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.ts';
import { sourceText } from '../settings/source.ts';
import { configPaths } from './expected-configs.ts';

/** What the command line, the environment and the files come to for one round of checks. */
export async function preflightInput(session: Session, options: CommandOptions): Promise<Omit<RoundOptions, 'signal'>> {
  const { env, cwd, home, platform, clock } = session.io;
  const flags = readConnectionFlags(options);
  const environment = await loadEnvironment({ env, cwd, platform, envFile: flags.envFile });
  const settings = resolveSettings({ flags, environment, cwd, home, platform });
  const { connectOptions, problems } = await usable(settings);
  const resolvePath = (path: string): string => (isAbsolute(path) ? path : resolve(cwd, path));
  const timeout = settings.settings.get('timeout')?.value;
  return {
    ask: await questions(options, timeout?.kind === 'duration' ? timeout.ms : 5000, cwd),
    settings: { ...view(settings), problems },
    env: {
      get: (name) => {
        const found = environment.get(name);
        return found === undefined ? undefined : { value: found.value, source: sourceText(found.source) };
      },
      isEmpty: (name) => Object.hasOwn(env, name) && env[name] === '',
    },
    servers: await servers(connectOptions),
    tls: connectOptions?.tls,
    connect: async (address, timeoutMs, signal) => {
      const { connect } = await import('../../transport/nats.ts');
      return await connect({
        ...connectOptions,
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
      expectations: words(options.expect).map(readExpectation),
      ignored: words(options.ignore).map((each) => readIgnored(each)),
    },
  };
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

async function questions(options: CommandOptions, timeoutMs: number, cwd: string): Promise<Questions> {
  return {
    rttWarnMs: duration(options, 'rttWarn', '--rtt-warn', 100),
    tiers: words(options.tier),
    probeBackends: options.probeBackends === true,
    expectations: words(options.expect).map(readExpectation),
    configs: await configPaths(options, cwd),
    smoke: smokeOf(options),
    timeoutMs: options.probe === undefined ? timeoutMs : Math.min(timeoutMs, PROBE_MS),
  };
}

/** Kubernetes gives an exec probe a second by default, and starting, the grace of a round and ending are part of it. */
const PROBE_MS = 600;

function smokeOf(options: CommandOptions): Questions['smoke'] {
  const wanted = text(options.smoke);
  if (wanted === undefined) {
    if (options.smokePayload !== undefined)
      throw new HeddleError('usage', '--smoke-payload goes with --smoke <worker>');
    return undefined;
  }
  const [, type, tier] = /^([A-Za-z0-9_-]{1,128})(?:\.(local|standard|frontier))?$/.exec(wanted) ?? [];
  if (type === undefined) {
    throw new HeddleError('usage', `--smoke: ${JSON.stringify(wanted.slice(0, 100))} is no worker`, {
      hint: 'Write the worker type, or type.tier with one of local, standard, frontier: --smoke echo.local',
    });
  }
  return {
    type,
    tier,
    payload: payloadOf(text(options.smokePayload)),
    timeoutMs: duration(options, 'smokeTimeout', '--smoke-timeout', 10_000),
  };
}

function payloadOf(json: string | undefined): JsonObject | undefined {
  if (json === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new HeddleError('usage', '--smoke-payload is not JSON', { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new HeddleError('usage', '--smoke-payload must be a JSON object', {
    hint: `Like this: --smoke-payload '{"text":"hello"}'`,
  });
}

export function duration(options: CommandOptions, key: string, flag: string, otherwise: number, min = 1): number {
  const written = text(options[key]);
  return written === undefined ? otherwise : parseDuration(written, flag, { min });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A flag that may be repeated, or given with commas. */
function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
