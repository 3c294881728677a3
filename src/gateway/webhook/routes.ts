import { route } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { GatewayProblemCode } from '../problems.ts';
import { answerHub, answerOrigin } from './challenge.ts';
import type { Webhooks } from './named.ts';
import { receive } from './receive.ts';

const RECEIVE: readonly GatewayProblemCode[] = [
  'unknown_webhook',
  'missing_signature',
  'bad_signature',
  'stale_timestamp',
  'unknown_key',
  'keys_unavailable',
  'unmapped_delivery',
  'invalid_message',
  'request_forgotten',
  'nobody_listens',
  'bus_down',
  'store_unavailable',
  'unconfirmed',
];

const TAKEN = {
  type: 'object',
  required: ['accepted', 'request_id', 'duplicate'],
  properties: {
    accepted: { const: true },
    goal_id: { type: 'string' },
    task_id: { type: 'string' },
    request_id: { type: 'string' },
    duplicate: { type: 'boolean' },
    listener: { enum: ['seen', 'stored', 'unknown', null] },
  },
};

/** Deliveries of others, under the name that the published guide uses and under the usual one. */
export function webhookRoutes(ask: AskCore, webhooks: Webhooks): readonly GatewayRoute[] {
  return (['/webhooks', '/webhook'] as const).flatMap((prefix): GatewayRoute[] => [
    {
      ...route({
        method: 'POST',
        path: `${prefix}/{name}`,
        summary: 'Takes a delivery: verified, then mapped to a goal or a task, once for each id.',
        request: { types: ['*/*'], description: 'Whatever the sender sends; what is signed are its bytes.' },
        responses: {
          200: {
            description: 'A delivery that was here before, with the same ids; or the answer to a challenge.',
            type: 'application/json',
          },
          202: { description: 'It is on the bus.', type: 'application/json', schema: TAKEN },
        },
        run: (context) => {
          const { name } = context.params;
          return receive(ask(), webhooks, name, `${prefix}/${encodeURIComponent(name)}`, context);
        },
      }),
      problems: RECEIVE,
    },
    {
      ...route({
        method: 'GET',
        path: `${prefix}/{name}`,
        summary: "Answers Meta's hub.challenge.",
        query: Object.fromEntries(
          ['hub.mode', 'hub.challenge', 'hub.verify_token'].map((name) => [name, { description: 'As Meta sends it.' }]),
        ),
        responses: { 200: { description: 'the challenge as it came', type: 'text/plain; charset=utf-8' } },
        run: (context) => answerHub(webhooks, context.params.name, context),
      }),
      problems: ['unknown_webhook', 'challenge_refused'],
    },
    {
      ...route({
        method: 'OPTIONS',
        path: `${prefix}/{name}`,
        summary: 'Says what is possible, and to senders of CloudEvents whether they may send.',
        responses: { 204: { description: 'in headers' } },
        run: (context) => answerOrigin(webhooks, context.params.name, context),
      }),
      problems: ['unknown_webhook'],
    },
  ]);
}
