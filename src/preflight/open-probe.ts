import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sources } from '../contract/ids.ts';
import { TASKS_DEAD_LETTER } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import type { RecentCounts } from '../letters/recent.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import { HTTP_NONE, HTTP_UNASKED, type HttpWorkers } from '../topology/http-workers.ts';
import { problemsOf } from '../topology/problems.ts';
import { readKept } from '../topology/read-kept.ts';
import { readTopology } from '../topology/read-topology.ts';
import type { Topology } from '../topology/topology.ts';
import type { TlsOptions } from '../transport/options.ts';
import type { Transport } from '../transport/transport.ts';
import type { ConfigTrial } from './config-trials.ts';
import type { Expected } from './expected.ts';
import { NO_RULES_KNOWN } from './expected-rules.ts';
import {
  type EnvironmentView,
  HEDDLE_DEFAULTS,
  type HeddleDefaults,
  type MapReading,
  type Probe,
  type Questions,
  type SettingsView,
} from './probe.ts';
import { furthestError, type ServerTrial, type TrialServer, tryServer } from './server-trials.ts';
import { readRights, WATCHED_RESULTS } from './user-rights.ts';

export interface ProbeOptions {
  readonly ask: Questions;
  readonly settings: SettingsView;
  readonly env: EnvironmentView;
  /** Empty when the settings could not be resolved. */
  readonly servers: readonly TrialServer[];
  /** Opens one connection to one of the servers, with everything else that the settings say. */
  readonly connect: (address: string, timeoutMs: number, signal: AbortSignal) => Promise<Transport>;
  readonly tls: TlsOptions | undefined;
  /** For the message that a smoke test sends. */
  readonly sources: Sources;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly home: string;
  /** What a relative path means. */
  readonly resolve: (path: string) => string;
  readonly signal: AbortSignal;
}

/** What is left of the time for one step; a step always gets a moment, so that its own answer is seen. */
const SHORTEST_MS = 200;

/** A probe for one round; `close` ends its connections. */
export async function openProbe(options: ProbeOptions): Promise<{ probe: Probe; close: () => Promise<void> }> {
  const { ask, settings, env, servers, sources, clock = systemClock, signal } = options;
  const from = clock.elapsed();
  const left = (): number => Math.max(SHORTEST_MS, ask.timeoutMs - (clock.elapsed() - from));
  let begun = false;
  let connectedTo: Transport | undefined;
  let rttMs: number | undefined;
  let reading: MapReading | undefined;
  let deadLetters: RecentCounts | undefined;

  const trials = once(async (): Promise<readonly ServerTrial[]> => {
    begun = true;
    const [problem] = settings.problems;
    if (problem !== undefined) throw problem;
    return await Promise.all(
      servers.map((server) =>
        tryServer(server, { connect: options.connect, tls: options.tls, timeoutMs: ask.timeoutMs, clock, signal }),
      ),
    );
  });
  const transport = once(async (): Promise<Transport> => {
    const tried = await trials();
    connectedTo = tried.find(({ joined }) => joined !== undefined)?.joined;
    if (connectedTo === undefined) throw furthestError(tried);
    return connectedTo;
  });
  const map = once(async (): Promise<MapReading> => {
    const bus = await transport();
    const askedAt = clock.now();
    const keeping = readKept(bus);
    // The bus may be gone, which the map tells.
    keeping.catch(() => {});
    const found = await readTopology(bus, { timeoutMs: left(), clock, signal });
    const answeredAt = clock.now();
    const telling = found.known ? overHttp(bus, found, left()) : Promise.resolve(HTTP_UNASKED);
    telling.catch(() => {});
    const kept = (await within(clock, keeping, left())) ? await keeping : 'unknown';
    const http = await telling;
    const problems = found.known ? problemsOf(found, kept, http) : [];
    reading = { map: found, kept, http, problems, askedAt, answeredAt };
    return reading;
  });
  const overHttp = async (bus: Transport, seen: Topology, timeoutMs: number): Promise<HttpWorkers> => {
    if (seen.gateways.length === 0) return HTTP_NONE;
    const { readHttpWorkers } = await import('../topology/read-http-workers.ts');
    return await readHttpWorkers(bus, seen, { signal, clock, timeoutMs: Math.min(1_000, timeoutMs) });
  };
  const answered = <T>(bus: Transport, answer: Promise<T>): Promise<T> => inTime(clock, answer, left(), bus.url);
  // The YAML reader is loaded only for somebody who has a file to read: it costs as much as the rest of a round.
  const [configs, expected] = ask.configs.length === 0 ? NO_CONFIGS : await readConfigs(ask, options.resolve);
  const heddleDefaults = await heddleDefaultsOf(options.home);

  const probe: Probe = {
    ask,
    settings,
    env,
    trials,
    transport,
    map,
    rtt: once(async () => {
      const bus = await transport();
      rttMs = await answered(bus, bus.rtt());
      // It may have waited for our own start-up; a path that is slow is slow twice.
      if (rttMs > ask.rttWarnMs) rttMs = Math.min(rttMs, await answered(bus, bus.rtt()));
      return rttMs;
    }),
    rights: once(async () => {
      const bus = await transport();
      return await answered(bus, readRights(bus, [WATCHED_RESULTS, TASKS_DEAD_LETTER], left(), signal));
    }),
    traffic: once(async () => {
      if (ask.listenMs === undefined) throw new HeddleError('internal', 'nobody asked to listen');
      const { listenToTraffic } = await import('./traffic.ts');
      return await listenToTraffic(await transport(), { ms: ask.listenMs, clock, signal });
    }),
    configs,
    expected,
    heddleDefaults,
    smoke: once(async () => {
      if (ask.smoke === undefined) throw new HeddleError('internal', 'no smoke test was asked for');
      const { type, tier, payload, timeoutMs } = ask.smoke;
      const { smokeTest } = await import('./smoke.ts');
      return await smokeTest(await transport(), { workerType: type, tier, payload, timeoutMs, sources, clock, signal });
    }),
    deadLetters: once(async () => {
      if (ask.deadLetters === undefined) throw new HeddleError('internal', 'nobody asked for dead letters');
      const bus = await transport();
      deadLetters = await answered(bus, ask.deadLetters.count(bus, signal));
      return deadLetters;
    }),
    clock,
    facts: () => ({
      urls: servers.map(({ label }) => label),
      connectedUrl: connectedTo?.url,
      server: connectedTo?.info,
      rttMs,
      map: reading?.map,
      deadLetters,
    }),
  };
  const close = async (): Promise<void> => {
    const opened = begun ? await trials().catch(() => []) : [];
    await Promise.all(opened.map(({ joined }) => joined?.close()));
  };
  return { probe, close };
}

const NOTHING_EXPECTED: Expected = { workers: [], pipelines: [], rules: NO_RULES_KNOWN, unread: [] };
const NO_CONFIGS: readonly [readonly ConfigTrial[], Expected] = [[], NOTHING_EXPECTED];

async function readConfigs(
  { configs: paths, routerConfigs }: Questions,
  resolve: (path: string) => string,
): Promise<readonly [readonly ConfigTrial[], Expected]> {
  const [{ tryConfig }, { expectedOf }] = await Promise.all([import('./config-trials.ts'), import('./expected.ts')]);
  const trials = paths.map((path) => tryConfig(path, resolve));
  return [trials, expectedOf(trials, routerConfigs)];
}

async function heddleDefaultsOf(home: string): Promise<HeddleDefaults> {
  const path = join(home, '.heddle', 'config.yaml');
  if (home === '' || !existsSync(path)) return { path: HEDDLE_DEFAULTS, values: new Map(), problem: undefined };
  return (await import('./heddle-defaults.ts')).readHeddleDefaults(path);
}

/** A server that lets clients in may hang all the same; what waits for its answer has no deadline of its own. */
async function inTime<T>(clock: Clock, answer: Promise<T>, ms: number, url: string): Promise<T> {
  if (await within(clock, answer, ms)) return await answer;
  const message = `${url} let us in and then stopped answering: nothing for ${Math.round(ms)} ms`;
  const hint = 'The server is overloaded or hangs, or the network was cut. Look at its log, and try again.';
  throw new HeddleError('connection_timeout', message, { hint });
}

/** The first call does the work; the others share what came of it, failures included. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
