import type { SecureContext } from 'node:tls';
import { HeddleError } from '../errors.ts';
import { parseAddress, type ServerAddress } from './nats-address.ts';
import { type Credentials, credentialsFor, credentialsOf } from './nats-auth.ts';
import { trustOf } from './nats-tls.ts';
import type { ConnectOptions } from './options.ts';

/** A connection as it was asked for, checked before the first packet. */
export interface Plan {
  readonly addresses: readonly ServerAddress[];
  readonly credentials: Credentials;
  readonly trust: SecureContext | undefined;
  readonly tls: { readonly asked: boolean; readonly first: boolean; readonly ca: boolean; readonly cert: boolean };
  readonly name: string;
  readonly timeoutMs: number;
  readonly pingIntervalMs: number;
  readonly reconnect: boolean;
  readonly inboxPrefix: string;
  /** Of all servers together: what must not be in any message. */
  readonly secrets: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 5000;
/** With two missed pongs a dead path is noticed after three of these. */
const DEFAULT_PING_MS = 10_000;
const DEFAULT_NAME = 'heddle-ts';
const DEFAULT_INBOX = '_INBOX';
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
  const credentials = await credentialsOf(options.auth);
  const tlsGiven =
    tls !== undefined &&
    (tls.required === true ||
      tls.first === true ||
      tls.ca !== undefined ||
      tls.cert !== undefined ||
      tls.key !== undefined);
  return {
    addresses,
    credentials,
    trust: tls !== undefined && (tls.ca ?? tls.cert ?? tls.key) !== undefined ? await trustOf(tls) : undefined,
    tls: {
      asked: tlsGiven,
      first: tls?.first === true,
      ca: tls?.ca !== undefined,
      cert: tls?.cert !== undefined,
    },
    name: options.name ?? DEFAULT_NAME,
    timeoutMs: positive('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS),
    pingIntervalMs: positive('pingIntervalMs', options.pingIntervalMs, DEFAULT_PING_MS),
    reconnect: options.reconnect === true,
    inboxPrefix,
    secrets: [credentials, ...addresses.map((address) => credentialsFor(address, credentials))].flatMap(
      (one) => one.secrets,
    ),
  };
}

/** What setTimeout can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!(value > 0)) throw new HeddleError('settings_invalid', `${name} must be more than 0, not ${value}`);
  return Math.min(value, LONGEST_TIMER_MS);
}
