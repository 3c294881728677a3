import type { Credentials } from '../../http/bearer.ts';

export const COOKIE = 'session_token';

/** Where a session may be shown, in the order in which it counts. */
export type ShownIn = 'bearer' | 'header' | 'cookie' | 'query';

/** The token of a session, wherever it stands; undefined where none is shown. */
export function shownSession(
  { headers, query, bearer }: Credentials,
  allowQuery: boolean,
): { readonly token: string; readonly where: ShownIn } | undefined {
  if (bearer !== undefined) return { token: bearer, where: 'bearer' };
  const header = headers['x-session-token'];
  if (typeof header === 'string') return { token: header, where: 'header' };
  const cookie = cookieOf(headers.cookie);
  if (cookie !== undefined) return { token: cookie, where: 'cookie' };
  const asked = allowQuery ? query.get(COOKIE) : null;
  return asked === null ? undefined : { token: asked, where: 'query' };
}

function cookieOf(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, ...value] = pair.trim().split('=');
    if (name === COOKIE) return value.join('=').replaceAll('"', '');
  }
  return undefined;
}

/**
 * Browsers send cookies by themselves, also when a foreign page asks. Who may use one: our own pages, those that the config names, and
 * whoever is no page at all.
 */
export function mayUseCookie(
  { headers }: Pick<Credentials, 'headers'>,
  { own, origins }: { readonly own: readonly string[]; readonly origins: readonly string[] },
): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (origin === undefined) return site === undefined || site === 'same-origin' || site === 'none';
  if (origins.includes(origin) || own.includes(origin)) return true;
  return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`);
}

export function cookieText(
  token: string,
  { secure, lastsS }: { readonly secure: boolean; readonly lastsS: number },
): string {
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lastsS}${secure ? '; Secure' : ''}`;
}
