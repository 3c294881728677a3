import { isIPv6 } from 'node:net';
import { HeddleError } from '../../errors.ts';
import { redactUrl } from '../redact.ts';

/** One server, as it was asked for. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** `tls://`: never talk to it without encryption. */
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `token@host`. */
  readonly token: string | undefined;
  /** `nats://host:port`, without secrets. */
  readonly label: string;
}

const DEFAULT_PORT = 4222;
const LONGEST_ADDRESS = 2048;
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/;
const EXAMPLES = 'Write it as host, host:port, nats://host:port or tls://host:port.';

/** Reads `host`, `host:port`, `nats://user:pass@host:port`, `tls://[::1]:4222`. Throws `settings_invalid` with the reason. */
export function parseAddress(text: string): ServerAddress {
  const shown = redactUrl(text.trim().slice(0, 200));
  const wrong = (why: string, hint = EXAMPLES): HeddleError =>
    new HeddleError('settings_invalid', `the server address ${JSON.stringify(shown)} ${why}`, { hint });

  let rest = text.trim();
  if (rest === '') throw wrong('is empty');
  if (rest.length > LONGEST_ADDRESS) throw wrong(`is longer than ${LONGEST_ADDRESS} characters`);
  if (/[\s\u0000-\u001f\u007f]/.test(rest)) throw wrong('has a space or a control character in it');

  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(rest)?.[1]?.toLowerCase() ?? 'nats';
  if (rest.includes('://')) rest = rest.slice(rest.indexOf('://') + 3);
  if (scheme === 'ws' || scheme === 'wss') {
    throw wrong('asks for WebSocket, which is not supported', 'Use the plain NATS port, usually nats://host:4222.');
  }
  if (scheme !== 'nats' && scheme !== 'tls') throw wrong(`has the unknown scheme "${scheme}://"`);

  const at = rest.lastIndexOf('@');
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  const place = rest.slice(at + 1).replace(/\/$/, '');
  if (place.includes(',')) throw wrong('names several servers in one', 'Give them as separate addresses.');
  if (/[/?#]/.test(place)) throw wrong('has something after the port');

  const { host, port } = splitPlace(place, wrong);
  const secret = userinfo === undefined ? {} : splitUserinfo(userinfo, wrong);
  return {
    host,
    port,
    tls: scheme === 'tls',
    user: secret.user,
    password: secret.password,
    token: secret.token,
    label: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}

type Wrong = (why: string, hint?: string) => HeddleError;

function splitPlace(place: string, wrong: Wrong): { host: string; port: number } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(place);
  if (bracketed !== null || place.split(':').length > 2) {
    const host = bracketed === null ? place : (bracketed[1] ?? '');
    if (!isIPv6(host)) throw wrong('is no IPv6 address', 'Write it as nats://[::1]:4222.');
    if (host.includes('%')) throw wrong('has an IPv6 zone, which is not supported');
    return { host, port: portOf(bracketed?.[2], wrong) };
  }
  const [name = '', port] = place.split(':');
  if (name === '') throw wrong('names no host');
  const host = /[^\u0000-\u007f]/.test(name) ? asciiHost(name) : name;
  if (!HOST_NAME.test(host)) throw wrong('has no valid host name');
  return { host, port: portOf(port, wrong) };
}

function portOf(text: string | undefined, wrong: Wrong): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw wrong('has no valid port', 'A port is a number from 1 to 65535.');
  return port;
}

/** An international name as DNS knows it (punycode); empty when it is none. */
function asciiHost(name: string): string {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return '';
  }
}

function splitUserinfo(userinfo: string, wrong: Wrong): { user?: string; password?: string; token?: string } {
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw wrong('has a % in its user or password that encodes nothing', 'Write %25 for a percent sign.');
    }
  };
  const colon = userinfo.indexOf(':');
  if (colon < 0) return userinfo === '' ? {} : { token: decode(userinfo) };
  return { user: decode(userinfo.slice(0, colon)), password: decode(userinfo.slice(colon + 1)) };
}
