import { is, type Keys, needed } from '../check-options.ts';
import type { Clock } from '../time/clock.ts';

/** Everything a connection needs, resolved: no file names, no environment, no defaults left to guess. */
export interface ConnectOptions {
  /** `nats://host:4222` and friends; the scheme is optional; tried in order. `user:pass@` works. */
  servers: readonly string[];
  /** The name the server shows for this connection; says who we are in `status`. */
  name?: string | undefined;
  auth?: Authentication | undefined;
  tls?: TlsOptions | undefined;
  /** Hard deadline of the whole connect, over all servers. Default 5000. */
  timeoutMs?: number | undefined;
  /** Reconnect for ever with backoff (1 s to 30 s, jitter). Default false: a lost connection closes. */
  reconnect?: boolean | undefined;
  /** Default 10000; two missed pongs make a connection stale. */
  pingIntervalMs?: number | undefined;
  inboxPrefix?: string | undefined;
  /** What messages call the settings that they name. Default: as they are called here. */
  called?: SettingNames | undefined;
  /** Where the servers and the credentials were given, in words; told where a server refuses them. */
  origin?: string | undefined;
  /** Ends a connect that is under way. */
  signal?: AbortSignal | undefined;
  /** For the deadlines of connects, requests and drains; pings and reconnects keep their own time. Default: the system's. */
  clock?: Clock | undefined;
}

/** Whoever reads a message may have given these under other names. */
export interface SettingNames {
  readonly ca: string;
  readonly first: string;
}

/** The secrets themselves, not where they stand. */
export interface Authentication {
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  /** Text of a .creds file. */
  creds?: string | undefined;
  /** An nkey seed (`SU…`). */
  nkeySeed?: string | undefined;
  jwt?: string | undefined;
}

/** Any of these asks for TLS: a server that does not offer it is refused, because a downgrade would be silent. */
export interface TlsOptions {
  /** PEM text. */
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Handshake before the server's INFO. */
  first?: boolean | undefined;
  /** Asks for TLS when nothing else here does (`tls://` in a URL means the same). */
  required?: boolean | undefined;
}

/** For `checkOptions`. */
export const CONNECT_OPTIONS: Keys<ConnectOptions> = {
  servers: needed(is.texts),
  name: is.text,
  auth: is.options<Authentication>({
    user: is.text,
    password: is.text,
    token: is.text,
    creds: is.text,
    nkeySeed: is.text,
    jwt: is.text,
  }),
  tls: is.options<TlsOptions>({ ca: is.text, cert: is.text, key: is.text, first: is.truth, required: is.truth }),
  timeoutMs: is.number,
  reconnect: is.truth,
  pingIntervalMs: is.number,
  inboxPrefix: is.text,
  called: is.options<SettingNames>({ ca: needed(is.text), first: needed(is.text) }),
  origin: is.text,
  signal: is.signal,
  clock: is.clock,
};

/** What people write for them, from other clients. */
export const CONNECT_INSTEAD: Readonly<Record<string, string>> = {
  url: 'servers',
  urls: 'servers',
  timeout: 'timeoutMs',
  user: 'auth.user',
  pass: 'auth.password',
  password: 'auth.password',
  token: 'auth.token',
};
