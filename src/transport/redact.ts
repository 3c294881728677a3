/** What stands where a secret stood. */
export const REDACTED = 'xxxxx';

/** Shorter ones would black out half of every message that holds them by chance. */
const SHORTEST_SECRET = 3;

/** An nkey seed, a JWT, and the `user:password@` of any URL: recognisable wherever they turn up. */
const SEED = /\bS[OANCUX][A-Z2-7]{56}\b/g;
const JWT = /\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g;
const USERINFO = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s@/?#]+@/gi;

/** A server address as it may be shown: the user stays, a password or a token does not. */
export function redactUrl(url: string): string {
  // The last @ ends the secret part, because a password that nobody encoded may hold one, and slashes too.
  const end = url.lastIndexOf('@');
  if (end < 0) return url;
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0].length ?? 0;
  const userinfo = url.slice(start, end);
  const colon = userinfo.indexOf(':');
  const shown = colon < 0 ? REDACTED : `${userinfo.slice(0, colon)}:${REDACTED}`;
  return `${url.slice(0, start)}${shown}${url.slice(end)}`;
}

/** Text from outside (a server's words, a system error) without the secrets we know and those that can be recognised. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let safe = text;
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  for (const secret of known.sort((one, other) => other.length - one.length)) {
    safe = safe.replaceAll(secret, REDACTED);
    const encoded = encodeURIComponent(secret);
    if (encoded !== secret) safe = safe.replaceAll(encoded, REDACTED);
  }
  return safe.replace(SEED, REDACTED).replace(JWT, REDACTED).replace(USERINFO, `$1${REDACTED}@`);
}
