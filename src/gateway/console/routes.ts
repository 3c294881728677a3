import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { isSubscribePattern } from '../../contract/subject-grammar.ts';
import type { EventStream } from '../../http/event-stream.ts';
import { problem } from '../../http/problem.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { ANONYMOUS, type AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import { type Page, pageReply } from './page.ts';
import type { Shared } from './shared.ts';

/** What the routes ask, once the part is open. */
export interface Opened {
  readonly page: Page;
  readonly map: Shared<unknown>;
  readonly groups: Shared<unknown>;
  /** Streams of what passes that are open. */
  readonly watchers: Set<EventStream>;
  /** A group is being sent again. */
  replaying: boolean;
}

/** Each is told of every message, or nearly. */
const MOST_WATCHERS = 16;
/** Letters of one replay. */
const MOST_LETTERS = 1_000;
const EVERYTHING = 'heddle.>';

const REPLAY: JsonObject = {
  type: 'object',
  properties: {
    dry_run: { type: 'boolean', description: 'Only tells what would be done. Default false.' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: MOST_LETTERS,
      description: `The oldest first. Default ${MOST_LETTERS}.`,
    },
  },
};
const REPLAYED: JsonObject = {
  type: 'object',
  required: ['schema_version', 'dry_run', 'plan', 'end'],
  properties: {
    plan: { type: 'object', description: 'How many are meant, and why others are left out.' },
    end: { type: ['object', 'null'], description: 'What became of them; null where nothing was to be sent.' },
  },
};

/** A page for people, and what it asks beside what everybody may ask. */
export function consoleRoutes(ask: AskCore, opened: () => Opened): readonly GatewayRoute[] {
  return [
    route({
      method: 'GET',
      path: '/',
      summary: 'The console: a page for people, which asks what stands in this table.',
      responses: {
        200: { description: 'the page', type: 'text/html; charset=utf-8' },
        304: { description: 'the one that the client has' },
      },
      run: ({ headers }) => pageReply(opened().page, headers['if-none-match']),
    }),
    {
      ...route({
        method: 'GET',
        path: '/v1/bus',
        summary:
          'Who is on the bus, and what is wrong there and what to do. Where the servers do not tell: known is false.',
        scope: 'observe',
        responses: { 200: { description: 'the map', type: 'application/json' } },
        run: async () => {
          ask().bus.requireUp();
          return jsonReply(200, await opened().map.get());
        },
      }),
      problems: ['bus_down'],
    },
    {
      ...route({
        method: 'GET',
        path: '/v1/bus/events',
        summary: 'Follows what passes on the bus: numbers of all of it, and as many of the messages as can be read.',
        scope: 'observe',
        query: {
          subject: { description: `A pattern of subjects. Default: ${EVERYTHING}` },
          ticket: { description: 'In place of a token, for who cannot send a header. Used once.' },
        },
        responses: {
          200: {
            description:
              'bus/passing each quarter of a second in which something passed: counts, bytes, latencies_ms, shown, left_out; whole: false where more passed than is looked at. bus/refused: the bus does not let us listen.',
            type: 'text/event-stream',
          },
        },
        run: async (context) => await follow(ask, opened(), context),
      }),
      problems: ['bus_down', 'store_unavailable'],
    },
    {
      ...route({
        method: 'GET',
        path: '/v1/dead-letters/groups',
        summary: 'What failed, by cause, the most frequent first. Where nothing keeps dead letters: kept is false.',
        scope: 'observe',
        responses: { 200: { description: 'the groups', type: 'application/json' } },
        run: async () => {
          ask().bus.requireUp();
          return jsonReply(200, await opened().groups.get());
        },
      }),
      problems: ['bus_down', 'store_unavailable'],
    },
    {
      ...route({
        method: 'POST',
        path: '/v1/dead-letters/groups/{group}/replay',
        summary: 'Sends what is open of a group again, each letter once, or tells what that would do.',
        scope: 'admin',
        request: { maxBytes: 1024, schema: REPLAY },
        responses: { 200: { description: 'what was done', type: 'application/json', schema: REPLAYED } },
        run: (context) => replay(ask, opened(), context.params.group, context),
      }),
      problems: ['unknown_group', 'replay_running', 'invalid_message', 'bus_down', 'store_unavailable', 'unconfirmed'],
    },
  ];
}

async function follow(ask: AskCore, { watchers }: Opened, context: Context): Promise<EventStream> {
  const { bus, clock } = ask();
  bus.requireUp();
  const pattern = context.query.get('subject') ?? EVERYTHING;
  // What stands outside of heddle is none of Heddle's, and may be anybody's.
  if (!isSubscribePattern(pattern) || !/^heddle\./.test(pattern)) {
    throw problem('bad_request', { detail: 'subject is no pattern of subjects that begin with heddle.' });
  }
  if (watchers.size >= MOST_WATCHERS) {
    throw problem('overloaded', { detail: `${MOST_WATCHERS} look on already`, retryAfterS: RETRY_AFTER_S });
  }
  const { tellPassing } = await import('./passing.ts');
  const stream = context.events();
  watchers.add(stream);
  void stream.ended.then(() => watchers.delete(stream));
  tellPassing(bus.transport, pattern, stream, clock);
  return stream;
}

async function replay(ask: AskCore, opened: Opened, group: string, context: Context): Promise<Reply> {
  const { bus, clock, limiter, live, words } = ask();
  const { name: actor } = context.principal ?? ANONYMOUS;
  limiter.take(actor, live().config.limits.perToken);
  const { dryRun, limit } = orderIn((await context.json()).value);
  bus.requireUp();
  if (opened.replaying) {
    throw gatewayProblem('replay_running', { detail: 'a group is being sent again now', retryAfterS: RETRY_AFTER_S });
  }
  opened.replaying = true;
  let stay = (): void => {};
  try {
    const { replayGroup } = await import('./letters.ts');
    const withdrawn = new AbortController();
    stay = context.onWithdrawn((why) => withdrawn.abort(why));
    const signal = AbortSignal.any([context.signal, context.draining, withdrawn.signal]);
    return jsonReply(200, await replayGroup(bus.transport, clock, { group, limit, dryRun, actor, signal, words }));
  } finally {
    stay();
    opened.replaying = false;
    if (!dryRun) opened.groups.forget();
  }
}

function orderIn(body: unknown): { readonly dryRun: boolean; readonly limit: number } {
  if (!isJsonObject(body)) throw invalid('', 'must be a JSON object');
  const { dry_run: dryRun = false, limit = MOST_LETTERS } = body;
  if (typeof dryRun !== 'boolean') throw invalid('/dry_run', 'must be true or false');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MOST_LETTERS) {
    throw invalid('/limit', `must be a whole number from 1 to ${MOST_LETTERS}`);
  }
  return { dryRun, limit };
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `this is no order to send again: ${pointer || 'the body'} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
