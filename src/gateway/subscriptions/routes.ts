import type { SubscriptionConfig } from '../../config/views/gateway-config/parts/subscriptions.ts';
import { isJsonObject } from '../../contract/json.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { ANONYMOUS } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { clientIdOf } from '../hub/follow.ts';
import { gatewayProblem } from '../problems.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface Opened {
  readonly kinds: ReadonlyMap<string, SubscriptionConfig>;
  readonly subscriptions: Subscriptions;
}

/** What clients watch outside: it is told to them as subscription/event. */
export function subscriptionRoutes(opened: () => Opened): readonly GatewayRoute[] {
  return [
    {
      ...route({
        method: 'POST',
        path: '/api/subscriptions/{id}',
        summary:
          'Watches a path of what the config calls by this id. What changes there is told as subscription/event.',
        scope: 'events',
        request: {
          schema: {
            type: 'object',
            required: ['path'],
            properties: { path: { type: 'string' }, scope: { type: 'string' }, client_id: { type: 'string' } },
          },
        },
        responses: {
          200: {
            description: 'it is watched',
            type: 'application/json',
            schema: {
              type: 'object',
              required: ['subscription_id', 'client_id'],
              properties: { subscription_id: { type: 'string' }, client_id: { type: ['string', 'null'] } },
            },
          },
        },
        run: (context) => begin(opened(), context.params.id, context),
      }),
      problems: ['unknown_subscription', 'subscription_failed', 'invalid_message', 'bus_down'],
    },
    {
      ...route({
        method: 'DELETE',
        path: '/api/subscriptions/{id}',
        summary: 'Watches no more: nothing further is told.',
        scope: 'events',
        responses: { 204: { description: 'it is over' } },
        run: async (context) => {
          await opened().subscriptions.end(context.params.id, context.principal ?? ANONYMOUS);
          return { status: 204 };
        },
      }),
      problems: ['unknown_subscription'],
    },
  ];
}

async function begin({ kinds, subscriptions }: Opened, kind: string, context: Context): Promise<Reply> {
  const config = kinds.get(kind);
  if (config === undefined)
    throw gatewayProblem('unknown_subscription', { detail: 'nothing of this kind can be watched here' });
  const { value } = await context.json();
  const { path, scope, client_id: named } = isJsonObject(value) ? value : {};
  if (typeof path !== 'string') throw invalid('/path', 'must be text');
  if (scope !== undefined && scope !== null && !(typeof scope === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(scope)))
    throw invalid('/scope', 'must be a word');
  if (named !== undefined && named !== null && typeof named !== 'string') throw invalid('/client_id', 'must be text');
  const client = typeof named === 'string' ? named : clientIdOf(context);
  const holder = context.principal ?? ANONYMOUS;
  const id = await subscriptions.open(config, {
    path,
    scope: typeof scope === 'string' ? scope : null,
    client,
    holder,
  });
  return jsonReply(200, { subscription_id: id, client_id: client ?? null });
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `nothing can be watched with this: ${pointer} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
