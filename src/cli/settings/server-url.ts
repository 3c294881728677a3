import { disarmLine } from '../screen/disarm.ts';
import { HIDDEN, looksSecret } from '../screen/looks-secret.ts';
import { Secret } from './secret.ts';

/** One server of a list, taken apart so that its credentials can never be printed by mistake. */
export interface ServerAddress {
  readonly scheme: 'nats' | 'tls';
  /** As written; IPv6 in its brackets. */
  readonly host: string;
  readonly port: number;
  /** `user:password` or a token, still percent-encoded. */
  readonly userInfo: Secret | undefined;
  readonly hasPassword: boolean;
  /** Something followed the port, which no NATS client looks at. */
  readonly hasPath: boolean;
}

export type ServersReading = { readonly servers: readonly ServerAddress[] } | { readonly problem: string };

const DEFAULT_PORT = 4222;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{1,5}))?(\/[^\s?#@]*)?$/i;
const PERCENT_HINT = 'in a password write / as %2F, # as %23, ? as %3F, a comma as %2C';

/** A comma-separated list of `nats://host:4222`; the scheme and the port are optional. */
export function readServers(text: string): ServersReading {
  const servers: ServerAddress[] = [];
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  // Otherwise a password with a comma would be cut in two, and its first half shown as a host.
  if (parts.some((part, index) => index > 0 && part.includes('@') && !SCHEME.test(part))) {
    return { problem: `a server with credentials inside a list needs its scheme (nats://…@host); ${PERCENT_HINT}` };
  }
  for (const part of parts) {
    const server = readServer(part);
    if (typeof server === 'string') return { problem: server };
    if (!servers.some((known) => sameServer(known, server))) servers.push(server);
  }
  return servers.length === 0 ? { problem: 'it names no server' } : { servers };
}

/** A server, or what is wrong with the text. */
function readServer(part: string): ServerAddress | string {
  const scheme = SCHEME.exec(part)?.[1]?.toLowerCase() ?? 'nats';
  if (scheme === 'ws' || scheme === 'wss') return 'WebSocket servers are not supported; use nats:// or tls://';
  if (scheme !== 'nats' && scheme !== 'tls')
    return `the scheme must be nats:// or tls://, not ${disarmLine(scheme)}://`;
  const rest = part.replace(SCHEME, '');
  const at = rest.lastIndexOf('@');
  const userInfo = at === -1 ? '' : rest.slice(0, at);
  const found = HOST_AND_PORT.exec(rest.slice(at + 1));
  const path = found?.[3] ?? '/';
  // Without a scheme and a port it is more likely a slip, or a secret.
  const whole = SCHEME.test(part) && found?.[2] !== undefined;
  if (found === null || (path !== '/' && !whole)) return whatIsWrong(rest.slice(at + 1), at !== -1);
  const port = found[2] === undefined ? DEFAULT_PORT : Number(found[2]);
  if (port < 1 || port > 65_535) return 'the port must be a number from 1 to 65535';
  if (/[/?#\s]/.test(userInfo))
    return `its user name or password has a character that must be escaped; ${PERCENT_HINT}`;
  return {
    scheme,
    host: found[1]!,
    port,
    userInfo: userInfo === '' ? undefined : new Secret(userInfo),
    hasPassword: userInfo.includes(':'),
    hasPath: path !== '/',
  };
}

function whatIsWrong(hostAndPort: string, credentials: boolean): string {
  if (/^(:\d*)?\/?$/.test(hostAndPort)) return 'the host is missing';
  if (/[/?#]/.test(hostAndPort)) {
    return credentials ? `nothing may follow the port; ${PERCENT_HINT}` : 'nothing may follow the port';
  }
  if (/^\[[^\]]*%/.test(hostAndPort)) return 'IPv6 zones (%) are not supported';
  if (/^[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(hostAndPort))
    return 'write an IPv6 address in brackets, as in [::1]:4222';
  if (/:[^:]*$/.test(hostAndPort)) return 'the port must be a number from 1 to 65535';
  return 'it is not host:port';
}

function sameServer(a: ServerAddress, b: ServerAddress): boolean {
  return addressText(a) === addressText(b);
}

/** As the transport takes it, with its credentials unless they are to be left out. */
export function addressText(address: ServerAddress, withCredentials = true): string {
  const credentials = withCredentials && address.userInfo ? `${address.userInfo.reveal()}@` : '';
  return `${address.scheme}://${credentials}${address.host}:${address.port}`;
}

/** As people may see it. What stands alone before the @ is a token, so it is hidden like a password. */
export function shownAddress(address: ServerAddress): string {
  const text = address.userInfo?.reveal() ?? '';
  const user = text.includes(':') ? `${disarmLine(text.slice(0, text.indexOf(':')))}:${HIDDEN}` : HIDDEN;
  return `${address.scheme}://${text === '' ? '' : `${user}@`}${shownHost(address)}:${address.port}`;
}

/** A token that was taken for a host. */
function shownHost({ host }: ServerAddress): string {
  return looksSecret(host) ? HIDDEN : disarmLine(host);
}

/** A colon that begins no port, to the end; an address in brackets stays. */
const AFTER_COLON = /(\[[0-9a-f:.]+\])|:(?!\/\/)(?!\d{1,5}\/?(?:[,\s]|$)).*/gis;

/**
 * For a list that could not be read: everything up to the last @ may be a secret, however it was cut. What stands
 * after it, or all of a list without an @, may be credentials that lost their host: what follows a colon and is no
 * port hides too.
 */
export function redactUrl(text: string): string {
  const at = text.lastIndexOf('@');
  const open = text.slice(at + 1).replace(AFTER_COLON, (_, ipv6?: string) => ipv6 ?? `:${HIDDEN}`);
  const shown = at === -1 ? open : `${HIDDEN}@${open}`;
  return disarmLine(shown.length > 200 ? `${shown.slice(0, 200)}...` : shown);
}
