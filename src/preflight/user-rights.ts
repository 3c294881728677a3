import { isHeddleError } from '../errors.ts';
import { type Permissions, permit } from '../transport/permissions.ts';
import type { Transport } from '../transport/transport.ts';

/** What our user may do. `unknown` where the server does not tell and asking would need a message. */
export interface UserRights {
  readonly user: string | undefined;
  /** `server`: it told us. `tried`: subscriptions were tried, publishing was not. */
  readonly source: 'server' | 'tried';
  /** As the server told them. */
  readonly permissions: Permissions | undefined;
  /** Why nobody told, in words. */
  readonly untold: string;
  /** It may not even ask, or hear the answer: its rights are narrow, and do not hold this one. */
  readonly refused: boolean;
  mayPublish(subject: string): Right;
  maySubscribe(pattern: string): Right;
}

export type Right = 'yes' | 'no' | 'unknown';

/** Wide enough for every result, narrow enough that a user with rights on results only may have it. */
export const WATCHED_RESULTS = 'heddle.results.>';

const WHO_AM_I = '$SYS.REQ.USER.INFO';

/** A server that serves it answers in one round trip; with somebody on `>` it cannot say that nobody serves it. */
const PATIENCE_MS = 1000;

/** Why nobody told. */
const UNTOLD = {
  old: 'this server does not tell (nats-server 2.10 does)',
  /** A list of what it may publish is all that a server has against it. */
  refused: `this user may not ask the server what it may do (${WHO_AM_I})`,
  deaf: 'this user may not subscribe to where the server answers what it may do',
  unserved: 'this server does not tell (it has no system account)',
  /** It may not tell, or what it says does not arrive. */
  silent: `the server gave no answer to ${WHO_AM_I}`,
} as const;

export async function readRights(
  transport: Transport,
  patterns: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<UserRights> {
  const told = await ask(transport, timeoutMs, signal);
  if (typeof told !== 'string') return told;
  const refused = await trySubscribing(transport, patterns);
  return {
    user: undefined,
    source: 'tried',
    permissions: undefined,
    untold: UNTOLD[told],
    refused: told === 'refused' || told === 'deaf',
    mayPublish: () => 'unknown',
    maySubscribe: (pattern) => (!patterns.includes(pattern) ? 'unknown' : refused.has(pattern) ? 'no' : 'yes'),
  };
}

async function ask(
  transport: Transport,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<UserRights | keyof typeof UNTOLD> {
  if (!transport.info.can.whoAmI) return 'old';
  try {
    const answer = await transport.request(WHO_AM_I, '', { timeoutMs: Math.min(timeoutMs, PATIENCE_MS), signal });
    const document: unknown = JSON.parse(new TextDecoder().decode(answer.data));
    const data = property(document, 'data');
    const user = property(data, 'user');
    const account = property(data, 'account');
    if (typeof user !== 'string' && typeof account !== 'string') return 'silent';
    const permissions = readPermissions(property(data, 'permissions'));
    const rights = permit(permissions);
    const inWords = (may: boolean): Right => (may ? 'yes' : 'no');
    return {
      user: typeof user === 'string' && user !== '' ? user : undefined,
      source: 'server',
      permissions,
      untold: '',
      refused: false,
      mayPublish: (subject) => inWords(rights?.mayPublish(subject) ?? true),
      maySubscribe: (pattern) => inWords(rights?.maySubscribe(pattern, undefined) ?? true),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return 'silent';
    if (!isHeddleError(error)) throw error;
    if (error.code === 'permission_denied') {
      return error.remedy?.do === 'allow-subject' && error.remedy.operation === 'subscribe' ? 'deaf' : 'refused';
    }
    return error.code === 'nobody_listens' ? 'unserved' : 'silent';
  }
}

/** Whatever is no list of texts is no rule. */
function readPermissions(value: unknown): Permissions {
  const rules = (of: unknown) => ({ allow: texts(property(of, 'allow')), deny: texts(property(of, 'deny')) });
  return { publish: rules(property(value, 'publish')), subscribe: rules(property(value, 'subscribe')) };
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.filter((each) => typeof each === 'string') : undefined;
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/**
 * Subscribes for one round trip. What arrives meanwhile is a copy: no queue group is joined, so nobody loses a message.
 * A refusal is taken from the event that names its subject: `flush` rejects for whatever else was refused meanwhile, too.
 */
async function trySubscribing(transport: Transport, patterns: readonly string[]): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  const forget = transport.onEvent((event) => {
    if (event.kind === 'permission' && event.operation === 'subscribe') refused.add(event.subject);
  });
  const subscriptions = patterns.map((pattern) => transport.subscribe(pattern, () => {}));
  try {
    await transport.flush();
  } catch (error) {
    if (!isHeddleError(error) || error.code !== 'permission_denied') throw error;
  } finally {
    forget();
    for (const subscription of subscriptions) subscription.unsubscribe();
  }
  return refused;
}
