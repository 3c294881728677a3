import type { JsonObject } from '../contract/json.ts';
import type { Role } from '../contract/roles.ts';
import type { HeddleError } from '../errors.ts';
import type { RecentCounts } from '../letters/recent.ts';
import type { Advice } from '../remedy.ts';
import type { Clock } from '../time/clock.ts';
import type { HttpWorkers } from '../topology/http-workers.ts';
import type { Kept } from '../topology/kept.ts';
import type { Problem } from '../topology/problem.ts';
import type { Topology, Unknown } from '../topology/topology.ts';
import type { ServerInfo, Transport } from '../transport/transport.ts';
import type { ConfigTrial } from './config-trials.ts';
import type { Expectation } from './expectation.ts';
import type { Expected } from './expected.ts';
import type { ServerTrial } from './server-trials.ts';
import type { Smoke } from './smoke.ts';
import type { Traffic } from './traffic.ts';
import type { UserRights } from './user-rights.ts';

/**
 * What the checks of one round look at. Everything that costs is done once, when the first check asks, and shared by
 * all: so checks need no order among themselves beyond their `needs`.
 */
export interface Probe {
  readonly ask: Questions;
  readonly settings: SettingsView;
  readonly env: EnvironmentView;
  /** One for each server address, in order. */
  trials(): Promise<readonly ServerTrial[]>;
  /** The connection of the first server that let us in. Rejects when none did. */
  transport(): Promise<Transport>;
  rtt(): Promise<number>;
  map(): Promise<MapReading>;
  rights(): Promise<UserRights>;
  /** What went by while we listened; only where that was asked for. */
  traffic(): Promise<Traffic>;
  readonly configs: readonly ConfigTrial[];
  readonly expected: Expected;
  /** What `~/.heddle/config.yaml` says. */
  readonly heddleDefaults: HeddleDefaults;
  smoke(): Promise<Smoke>;
  /** What failed lately, where it was asked for. */
  deadLetters(): Promise<RecentCounts>;
  readonly clock: Clock;
  facts(): Facts;
}

/** What was learnt on the way; undefined where it was not. */
export interface Facts {
  readonly urls: readonly string[];
  /** The server that we talked to, without secrets. */
  readonly connectedUrl: string | undefined;
  readonly server: ServerInfo | undefined;
  readonly rttMs: number | undefined;
  readonly map: Topology | Unknown | undefined;
  readonly deadLetters?: RecentCounts | undefined;
}

/** How many failures are too many, and who counts them. */
export interface DeadLetterQuestion {
  /** So many within the window, or more, are a warning. */
  readonly most: number;
  readonly windowMs: number;
  readonly count: (bus: Transport, signal: AbortSignal) => Promise<RecentCounts>;
}

/** What the caller wants to know, beyond the settings. */
export interface Questions {
  readonly rttWarnMs: number;
  readonly tiers: readonly string[];
  readonly probeBackends: boolean;
  readonly expectations: readonly Expectation[];
  /** What the caller's users write before an expectation, for messages. Default: nothing. */
  readonly expectCalled?: string | undefined;
  /** Files named or found. */
  readonly configs: readonly string[];
  /** The parts of Heddle that our user is to be. Default: any. */
  readonly roles?: readonly Role[] | undefined;
  /** Those among them that hold the rules of the running routers. Default: none is named as that. */
  readonly routerConfigs?: readonly string[] | undefined;
  /** Look on at the traffic for so long. Default: not at all. */
  readonly listenMs?: number | undefined;
  readonly smoke: SmokeQuestion | undefined;
  /** Default: nobody looks. */
  readonly deadLetters?: DeadLetterQuestion | undefined;
  /** For connecting and asking, together. */
  readonly timeoutMs: number;
}

/** How the caller's users said that this is expected: an aside for a message. */
export function saidOf({ expectCalled }: Questions, what: string): string {
  return expectCalled === undefined ? '' : ` (${expectCalled} ${what})`;
}

/** The connection settings as they were resolved, without secrets. */
export interface SettingsView {
  readonly rows: readonly { name: string; value: string; source: string; unused?: string | undefined }[];
  readonly problems: readonly HeddleError[];
  readonly warnings: readonly (Advice & { readonly id: string; readonly message: string })[];
  /** The .env file that was read. */
  readonly envFile: string | undefined;
}

export interface EnvironmentView {
  /** The value and where it stands (`environment OLLAMA_URL`); an empty value is none. */
  get(name: string): { value: string; source: string } | undefined;
  /** Is it there, and empty? */
  isEmpty(name: string): boolean;
}

export interface MapReading {
  readonly map: Topology | Unknown;
  readonly kept: Kept | 'unknown';
  readonly http: HttpWorkers;
  readonly problems: readonly Problem[];
  /** Milliseconds since 1970, by our clock. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

export interface SmokeQuestion {
  readonly type: string;
  readonly tier: string | undefined;
  readonly payload: JsonObject | undefined;
  readonly timeoutMs: number;
}

/** As people write it. */
export const HEDDLE_DEFAULTS = '~/.heddle/config.yaml';

/** What `heddle setup` wrote for this user. Heddle's actors read it after the environment. */
export interface HeddleDefaults {
  readonly path: string;
  readonly values: ReadonlyMap<string, string>;
  /** Why it could not be read; undefined also when there is none. */
  readonly problem: string | undefined;
}
