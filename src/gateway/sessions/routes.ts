import type { JsonObject } from '../../contract/json.ts';
import { isJsonObject } from '../../contract/json.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { bearerOf } from '../../http/bearer.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import type { AskCore, Core } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { heldScopes } from '../live.ts';
import { gatewayProblem } from '../problems.ts';
import { verifyIdToken } from './id-token.ts';
import type { LoginNumbers, Opened } from './opened.ts';
import type { Session } from './sessions.ts';
import { cookieText, shownSession } from './shown.ts';

const USER: JsonObject = {
  type: ['object', 'null'],
  properties: {
    user_id: { type: 'string' },
    email: { type: ['string', 'null'] },
    display_name: { type: ['string', 'null'] },
    roles: { type: 'array', items: { type: 'string' } },
  },
};
const SESSION = {
  session_token: { type: 'string', description: 'Told once; shown as Bearer, as X-Session-Token, or as a cookie.' },
};
const ENDS = { expires_at: { type: ['string', 'null'], format: 'date-time' } };
const BODY_BYTES = 32 * 1024;
const HOUR_MS = 3_600_000;

/** A person logs in with what an issuer of OpenID Connect says of him, and is known by a session from then on. */
export function sessionRoutes(ask: AskCore, opened: () => Opened, numbers: LoginNumbers): readonly GatewayRoute[] {
  return [
    {
      ...route({
        method: 'POST',
        path: '/api/auth/login',
        summary: 'Begins a session for whoever an ID token of OpenID Connect names.',
        request: {
          maxBytes: BODY_BYTES,
          schema: {
            type: 'object',
            properties: {
              id_token: { type: 'string' },
              auth0_token: { type: 'string', description: 'The same, as clients of before call it.' },
              nonce: { type: 'string', description: 'What the token was asked for with.' },
              session_duration_hours: { type: 'number', description: 'Not longer than sessions are here.' },
            },
          },
        },
        responses: {
          200: {
            description: 'the session',
            type: 'application/json',
            schema: { type: 'object', properties: { ...SESSION, ...ENDS, user_id: { type: 'string' }, user: USER } },
          },
        },
        run: (context) => login(ask(), opened(), numbers, context),
      }),
      problems: ['login_refused', 'keys_unavailable', 'bus_down', 'store_unavailable', 'invalid_message'],
    },
    {
      ...route({
        method: 'POST',
        path: '/api/auth/validate',
        summary: 'Says whether a session goes on, and whose it is.',
        request: { maxBytes: BODY_BYTES, schema: { type: 'object', properties: SESSION } },
        responses: {
          200: {
            description: 'whether it does',
            type: 'application/json',
            schema: {
              type: 'object',
              required: ['valid'],
              properties: { valid: { type: 'boolean' }, user: USER, ...ENDS },
            },
          },
        },
        run: async (context) => {
          const token = tokenIn(await bodyOf(context), context);
          const { sessions, login } = opened();
          const session = token === undefined || login === undefined ? undefined : await sessions.find(token);
          return jsonReply(200, session === undefined ? NOT_VALID : { valid: true, ...shown(session) });
        },
      }),
      problems: ['bus_down', 'store_unavailable', 'invalid_message'],
    },
    {
      ...route({
        method: 'POST',
        path: '/api/auth/logout',
        summary: 'Ends a session, on every replica. One that is over already is no error.',
        request: { maxBytes: BODY_BYTES, schema: { type: 'object', properties: SESSION } },
        responses: { 200: { description: 'it is over', type: 'application/json' } },
        run: async (context) => {
          const { sessions, login, secure } = opened();
          const token = tokenIn(await bodyOf(context), context);
          if (token !== undefined) await sessions.finish(token);
          const headers = login?.config.cookie ? { 'set-cookie': cookieText('', { secure, lastsS: 0 }) } : undefined;
          return jsonReply(200, { status: 'logged_out' }, headers);
        },
      }),
      problems: ['bus_down', 'store_unavailable', 'invalid_message'],
    },
  ];
}

const NOT_VALID = { valid: false, user: null, user_id: null, expires_at: null };

async function login(core: Core, opened: Opened, numbers: LoginNumbers, context: Context): Promise<Reply> {
  core.limiter.take('login', core.live().config.limits.perToken);
  const body = await bodyOf(context);
  const { login: open, sessions, secure } = opened;
  if (open === undefined) throw gatewayProblem('login_refused', { detail: 'nobody logs in here any more' });
  const { config: login, keys } = open;
  const token = [body.id_token, body.auth0_token].find((each) => typeof each === 'string');
  const { nonce, session_duration_hours: hours } = body;
  if (typeof token !== 'string') throw invalid('/id_token', 'must be text');
  if (nonce !== undefined && typeof nonce !== 'string') throw invalid('/nonce', 'must be text');
  const verdict = await verifyIdToken(token, { login, keys, nonce, now: core.clock.now() });
  numbers.add(verdict.ok ? 'begun' : verdict.reason);
  if (!verdict.ok) {
    core.log({ kind: 'login_refused', reason: verdict.reason, requestId: context.requestId });
    // Which of them it was is for whoever runs it to know.
    throw gatewayProblem('login_refused', { detail: 'the ID token is not valid here' });
  }
  const lastsMs = typeof hours === 'number' && hours > 0 ? hours * HOUR_MS : login.sessionS * 1000;
  const session = await sessions.begin(verdict.user, heldScopes(login.scopes), lastsMs);
  const lastsS = Math.floor((session.expires_at - core.clock.now()) / 1000);
  const headers = login.cookie ? { 'set-cookie': cookieText(session.token, { secure, lastsS }) } : undefined;
  return jsonReply(200, { status: 'authenticated', session_token: session.token, ...shown(session) }, headers);
}

function shown({ user, expires_at: end }: Session): Record<string, unknown> {
  return { expires_at: wireTime(end), user_id: user.user_id, user };
}

/** An empty body is an empty object: a session may be shown otherwise. */
async function bodyOf(context: Context): Promise<JsonObject> {
  if ((await context.bytes()).length === 0) return {};
  const { value } = await context.json();
  if (isJsonObject(value)) return value;
  throw invalid('', 'must be a JSON object');
}

function tokenIn({ session_token: given }: JsonObject, { headers, query }: Context): string | undefined {
  if (given !== undefined && given !== null && typeof given !== 'string')
    throw invalid('/session_token', 'must be text');
  if (typeof given === 'string') return given;
  return shownSession({ headers, query, bearer: bearerOf(headers.authorization) }, false)?.token;
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `this is no such request: ${pointer || 'the body'} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
