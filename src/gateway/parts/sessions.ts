import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { LoginConfig } from '../../config/views/gateway-config/login.ts';
import { HeddleError } from '../../errors.ts';
import type { AskCore } from '../core.ts';
import { type KeySet, keysAt, keysFrom, keysInFile } from '../key-set.ts';
import { heldScopes } from '../live.ts';
import { counter } from '../metrics.ts';
import type { Means, Part } from '../part.ts';
import { readFile } from '../secrets.ts';
import { loginNumbers, type Opened } from '../sessions/opened.ts';
import { sessionRoutes } from '../sessions/routes.ts';
import { Sessions } from '../sessions/sessions.ts';
import { mayUseCookie, shownSession } from '../sessions/shown.ts';

/** People, who log in. */
export function sessions(ask: AskCore, { login: asked }: GatewayConfig): Part | undefined {
  if (asked === undefined) return undefined;
  const numbers = loginNumbers();
  let force: Opened['login'];
  let open: Sessions | undefined;
  const opened = (): Opened => {
    if (open === undefined) throw new Error('sessions are not open');
    const { publicUrl, tls } = ask().live().config;
    return { login: force, sessions: open, secure: tls !== undefined || publicUrl?.startsWith('https:') === true };
  };
  return {
    name: 'sessions',
    routes: sessionRoutes(ask, opened, numbers),
    contract: ({ login, allowQueryToken }) => ({
      sessions:
        login === undefined
          ? null
          : {
              issuer: login.issuer,
              audiences: login.audiences,
              algorithms: ['RS256', 'ES256', 'EdDSA'],
              lasts_s: login.sessionS,
              ends_everywhere_within_s: login.cacheS,
              scopes: login.scopes,
              shown_as: ['bearer', 'x-session-token', 'cookie', ...(allowQueryToken ? ['query'] : [])],
            },
    }),
    fixed: ({ login }) => ({
      'auth.oidc.session_s': login?.sessionS ?? null,
      'auth.oidc.cache_s': login?.cacheS ?? null,
    }),
    prepare: ({ login }, means) => {
      if (login === undefined) {
        return () => {
          force = undefined;
          open?.endAll();
        };
      }
      const next = { config: login, keys: keysOf(login, means) };
      return () => {
        force = next;
        open?.allow(heldScopes(login.scopes));
      };
    },
    open: async () => {
      const { store, clock, bus, live } = ask();
      const { name, store: kept } = live().config;
      const { sessionS, cacheS } = asked;
      open = await Sessions.open(
        store.kind === 'memory'
          ? { home: 'memory', clock }
          : { home: 'jetstream', bus: bus.transport, clock, replicas: kept.replicas },
        { name, sessionMs: sessionS * 1000, cacheMs: cacheS * 1000, clock, scopes: heldScopes(asked.scopes) },
      );
    },
    authenticate: (credentials) => {
      const { config } = ask().live();
      const shown = shownSession(credentials, config.allowQueryToken);
      if (shown === undefined || open === undefined || force === undefined) return undefined;
      const own = config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin];
      const allowed =
        shown.where !== 'cookie' || mayUseCookie(credentials, { own, origins: config.cors?.origins ?? [] });
      return allowed ? open.principal(shown.token) : undefined;
    },
    session: async (name) => (force === undefined ? undefined : await open?.named(name)),
    families: () => [counter('logins_total', 'Logins, by what became of them.', numbers.samples())],
    putAway: async () => await open?.close(),
  };
}

/** An unknown key makes the set be read again, so that a key that takes the place of another is good at once. */
const FOLLOWED = { perMinute: 10 };
const FILE_GOOD_MS = 10_000;

function keysOf({ jwks }: LoginConfig, { secrets, clock }: Means): KeySet {
  if ('url' in jwks) return keysAt(jwks.url, clock, FOLLOWED);
  const read = (): string => readFile(jwks.file, secrets, 'auth.oidc.jwks');
  try {
    keysInFile(read());
  } catch (cause) {
    if (cause instanceof HeddleError) throw cause;
    throw new HeddleError('settings_invalid', `auth.oidc.jwks: the file ${jwks.file} is no set of JSON Web Keys`, {
      cause,
    });
  }
  return keysFrom(async () => read(), clock, { ...FOLLOWED, goodMs: FILE_GOOD_MS });
}
