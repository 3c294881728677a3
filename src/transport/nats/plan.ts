import { HeddleError } from '../../errors.ts';
import { type Clock, LONGEST_TIMER_MS, systemClock } from '../../time/clock.ts';
import type { ConnectOptions, SettingNames, TlsOptions } from '../options.ts';
import { DEFAULT_INBOX } from '../permissions.ts';
import { parseAddress, type ServerAddress } from './address.ts';
import type { TlsAsked } from './attempt.ts';
import { type Credentials, credentialsFor, credentialsOf } from './auth.ts';
import { type Trust, trustOf } from './tls.ts';

/** A connection as it was asked for, checked before the first packet. */
export interface Plan {
  readonly addresses: readonly ServerAddress[];
  readonly credentials: Credentials;
  readonly trust: Trust | undefined;
  readonly tls: TlsAsked;
  readonly name: string;
  readonly timeoutMs: number;
  readonly pingIntervalMs: number;
  readonly reconnect: boolean;
  readonly inboxPrefix: string;
  readonly clock: Clock;
  /** Of all servers together: what must not be in any message. */
  readonly secrets: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 5000;
/** With two missed pongs a dead path is noticed after three of these. */
const DEFAULT_PING_MS = 10_000;
const DEFAULT_NAME = 'heddle-ts';
const INBOX_PREFIX = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

/** Throws `settings_invalid` for whatever cannot work. */
export async function planOf(options: ConnectOptions): Promise<Plan> {
  const { tls } = options;
  const addresses = options.servers.map(parseAddress);
  if (addresses.length === 0) throw new HeddleError('settings_invalid', 'no server address was given');
  const inboxPrefix = options.inboxPrefix ?? DEFAULT_INBOX;
  if (!INBOX_PREFIX.test(inboxPrefix) || inboxPrefix.length > 200) {
    throw new HeddleError('settings_invalid', `the inbox prefix ${JSON.stringify(inboxPrefix)} is no subject`, {
      hint: 'It is a subject without wildcards, such as _INBOX_team.',
    });
  }
  const credentials = { ...(await credentialsOf(options.auth)), origin: options.origin };
  return {
    addresses,
    credentials,
    trust: await trustFor(tls),
    tls: tlsAsked(tls, options.called),
    name: options.name ?? DEFAULT_NAME,
    timeoutMs: positive('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS),
    pingIntervalMs: positive('pingIntervalMs', options.pingIntervalMs, DEFAULT_PING_MS),
    reconnect: options.reconnect === true,
    inboxPrefix,
    clock: options.clock ?? systemClock,
    secrets: [credentials, ...addresses.map((address) => credentialsFor(address, credentials))].flatMap(
      (one) => one.secrets,
    ),
  };
}

export async function trustFor(tls: TlsOptions | undefined): Promise<Trust | undefined> {
  return tls !== undefined && (tls.ca ?? tls.cert ?? tls.key) !== undefined ? trustOf(tls) : undefined;
}

const IN_OPTIONS: SettingNames = { ca: 'tls.ca', first: 'tls.first' };

export function tlsAsked(tls: TlsOptions = {}, called: SettingNames = IN_OPTIONS): TlsAsked {
  const { ca, cert, key } = tls;
  const first = tls.first === true;
  return {
    asked: tls.required === true || first || (ca ?? cert ?? key) !== undefined,
    first,
    ca: ca !== undefined,
    cert: cert !== undefined,
    called,
  };
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!(value > 0)) throw new HeddleError('settings_invalid', `${name} must be more than 0, not ${value}`);
  return Math.min(value, LONGEST_TIMER_MS);
}
