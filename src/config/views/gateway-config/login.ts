import { isString } from '../../node.ts';
import type { Section } from '../section.ts';
import { type KeyPlace, keyPlaceOf } from './key-place.ts';
import { type Scope, scopeOf } from './scope.ts';

/** Who may log in with an ID token of OpenID Connect, and what a session is then. */
export interface LoginConfig {
  readonly issuer: string;
  /** The clients for whom the issuer's tokens are good here. */
  readonly audiences: readonly string[];
  readonly jwks: KeyPlace;
  /** How long a session lasts, in seconds. */
  readonly sessionS: number;
  /** How long a replica believes what it knows of a session. */
  readonly cacheS: number;
  /** How far the issuer's clock and ours may be apart. */
  readonly leewayS: number;
  readonly scopes: readonly Scope[];
  /** The claim that holds a user's roles. */
  readonly rolesClaim: string;
  /** A login without a nonce is refused. */
  readonly requireNonce: boolean;
  /** The session goes to browsers as a cookie, too. */
  readonly cookie: boolean;
}

const HOUR_S = 3_600;

export function loginOf(section: Section | undefined): LoginConfig | undefined {
  if (section === undefined) return undefined;
  const issuer = section.neededText('issuer');
  const audiences = audiencesOf(section);
  const written = section.neededText('jwks');
  const jwks = written === undefined ? undefined : keyPlaceOf(section, written);
  const scopes = section.items('scopes').flatMap((each, at) => scopeOf(section, `scopes[${at}]`, each) ?? []);
  const login: LoginConfig = {
    issuer: issuer ?? '',
    audiences,
    jwks: jwks ?? { url: '' },
    sessionS: section.whole('session_s', 60, 30 * 24 * HOUR_S) ?? 8 * HOUR_S,
    cacheS: section.whole('cache_s', 1, 300) ?? 10,
    leewayS: section.whole('leeway_s', 0, 120) ?? 5,
    scopes: section.node('scopes') === undefined ? ['submit', 'events'] : scopes,
    rolesClaim: section.text('roles_claim') ?? 'roles',
    requireNonce: section.truth('require_nonce') ?? false,
    cookie: section.truth('cookie') ?? false,
  };
  section.finish();
  return login;
}

/** One, or a list. */
function audiencesOf(section: Section): readonly string[] {
  const node = section.needed('audience');
  if (node === undefined) return [];
  return isString(node) ? [section.text('audience') ?? ''] : section.texts('audience');
}
