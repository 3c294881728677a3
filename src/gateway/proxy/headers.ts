import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ProxyConfig } from '../../config/views/gateway-config/parts/proxy.ts';
import type { Principal } from '../../http/route.ts';
import { COOKIE } from '../sessions/shown.ts';

/** Of one connection alone. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What proves to us who asks, and what only we can know. */
const OURS = new Set([
  'host',
  'content-length',
  'expect',
  'authorization',
  'cookie',
  'x-session-token',
  'forwarded',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'heddle-request-id',
  // Some servers take their path from these.
  'x-original-url',
  'x-rewrite-url',
]);

export interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly principal: Principal;
  readonly remote: string;
  readonly secure: boolean;
  readonly requestId: string;
  /** undefined: it comes in pieces of no announced length. */
  readonly bodyLength: number | undefined;
}

/** What the target is told. Framing is made anew: nothing of how the client framed its request goes on. */
export function requestHeaders({ userHeaders, target }: ProxyConfig, asking: Asking): OutgoingHttpHeaders {
  const { headers, principal, remote, secure, requestId } = asking;
  const named = namedIn(headers.connection);
  const users = new Set(Object.values(userHeaders).map((name) => name && readAs(name)));
  const passed = Object.entries(headers).filter(([name]) => {
    const read = readAs(name);
    return !HOP_BY_HOP.has(read) && !OURS.has(read) && !users.has(read) && !named.has(name);
  });
  const { user } = principal;
  const told: readonly (readonly [string | undefined, string | null])[] = [
    [userHeaders.id, user?.user_id ?? principal.name],
    [userHeaders.email, user?.email ?? null],
    [userHeaders.name, user?.display_name ?? null],
  ];
  const cookie = withoutOurs(headers.cookie);
  return {
    ...Object.fromEntries(passed),
    ...(cookie !== undefined && { cookie }),
    ...Object.fromEntries(
      told.flatMap(([name, value]) => (name === undefined || value === null ? [] : [[name, safe(value)]])),
    ),
    host: new URL(target).host,
    'x-forwarded-for': remote,
    'x-forwarded-proto': secure ? 'https' : 'http',
    ...(headers.host !== undefined && { 'x-forwarded-host': headers.host }),
    'heddle-request-id': requestId,
    ...framing(asking),
  };
}

function framing({ headers, bodyLength }: Asking): OutgoingHttpHeaders {
  if (bodyLength === undefined) return { 'transfer-encoding': 'chunked' };
  // One that is empty is said to be where the client said so.
  return bodyLength > 0 || headers['content-length'] !== undefined ? { 'content-length': String(bodyLength) } : {};
}

/** What the client is told. */
export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = namedIn(headers.connection);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        !HOP_BY_HOP.has(name) &&
        !named.has(name) &&
        name !== 'heddle-request-id' &&
        // Whose pages may read answers is for us to say.
        !name.startsWith('access-control-'),
    ),
  );
}

/** `Connection: close, X-Foo` makes X-Foo one of the connection. */
function namedIn(connection: string | undefined): ReadonlySet<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

/** Many servers take `_` for `-`, and some any sign that is no letter: what is ours in one of these readings is not handed on. */
function readAs(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

function withoutOurs(cookie: string | undefined): string | undefined {
  const left = (cookie ?? '').split(';').filter((pair) => pair.trim() !== '' && pair.trim().split('=')[0] !== COOKIE);
  return left.length === 0 ? undefined : left.map((pair) => pair.trim()).join('; ');
}

/** Names of people have letters that no header can hold. */
function safe(value: string): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : encodeURIComponent(value);
}
