import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { BusUser } from '../transport/permissions.ts';

export interface BrokerOptions {
  /** Default 0: the kernel chooses. */
  port?: number | undefined;
  /** Who may connect, with a password each. Without users and token everybody may. */
  users?: readonly BusUser[] | undefined;
  token?: string | undefined;
  /** Largest payload with its headers, in bytes. Default 1 MiB, at most 64 MiB. */
  maxPayload?: number | undefined;
  /** What may wait for one client before it is cut off, in bytes. Default 64 MiB. */
  maxPending?: number | undefined;
  /** Default 65536. */
  maxConnections?: number | undefined;
  /** Of one client. Default 100000. */
  maxSubscriptions?: number | undefined;
  /** Of all clients together. Default 200000. */
  maxTotalSubscriptions?: number | undefined;
  /** What the subjects of all subscriptions take together, in bytes, roughly. Default 160 MiB. */
  maxTotalSubjectBytes?: number | undefined;
  /** How long a client may take to say who it is, where that is asked. Default 2000. */
  authTimeoutMs?: number | undefined;
  /** Default 120000. */
  pingIntervalMs?: number | undefined;
  /** Pings without an answer before a client counts as gone. Default 2. */
  maxPingsOut?: number | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** At least 0, less than 1. Chooses among the members of a queue group. */
  random?: (() => number) | undefined;
  log?: ((line: BrokerLogLine) => void) | undefined;
}

export interface BrokerLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Without secrets; what clients sent stands in it as JSON text. */
  readonly text: string;
  readonly clientId?: number | undefined;
}

/** Nothing left to guess. */
export type BrokerSettings = Readonly<
  Pick<BrokerOptions, Access> & { [Key in Exclude<keyof BrokerOptions, Access>]-?: NonNullable<BrokerOptions[Key]> }
>;

/** Without either everybody may connect. */
type Access = 'users' | 'token';

const MEBIBYTE = 1024 * 1024;

export function brokerSettings(options: BrokerOptions): BrokerSettings {
  if (options.users !== undefined && options.token !== undefined) {
    throw new HeddleError('settings_invalid', 'The broker was given users and a token; it takes one of the two.');
  }
  return {
    port: atLeast(0, 'port', options.port ?? 0),
    users: options.users,
    token: options.token,
    maxPayload: within(1, 64 * MEBIBYTE, 'maxPayload', options.maxPayload ?? MEBIBYTE),
    maxPending: atLeast(1, 'maxPending', options.maxPending ?? 64 * MEBIBYTE),
    maxConnections: atLeast(1, 'maxConnections', options.maxConnections ?? 65_536),
    maxSubscriptions: atLeast(1, 'maxSubscriptions', options.maxSubscriptions ?? 100_000),
    maxTotalSubscriptions: atLeast(1, 'maxTotalSubscriptions', options.maxTotalSubscriptions ?? 200_000),
    maxTotalSubjectBytes: atLeast(1, 'maxTotalSubjectBytes', options.maxTotalSubjectBytes ?? 160 * MEBIBYTE),
    authTimeoutMs: atLeast(1, 'authTimeoutMs', options.authTimeoutMs ?? 2000),
    pingIntervalMs: atLeast(1, 'pingIntervalMs', options.pingIntervalMs ?? 120_000),
    maxPingsOut: atLeast(1, 'maxPingsOut', options.maxPingsOut ?? 2),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    log: options.log ?? (() => {}),
  };
}

function atLeast(least: number, name: string, value: number): number {
  return within(least, Number.MAX_SAFE_INTEGER, name, value);
}

function within(least: number, most: number, name: string, value: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new HeddleError('settings_invalid', `The broker's ${name} is ${value}; it must be a whole number ${range}.`);
}
