import { route } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { GatewayProblemCode } from '../problems.ts';
import { ownRequest } from '../requests/own-request.ts';
import { requestText } from '../requests/reply.ts';

const PROBLEMS: readonly GatewayProblemCode[] = [
  'unknown_request',
  'request_forgotten',
  'request_expired',
  'bus_down',
  'store_unavailable',
];

const REQUEST = {
  type: 'object',
  required: ['request_id', 'kind', 'state', 'result'],
  properties: {
    request_id: { type: 'string' },
    kind: { enum: ['task', 'goal'] },
    task_id: { type: 'string' },
    goal_id: { type: 'string' },
    worker_type: { type: ['string', 'null'] },
    state: { enum: ['running', 'accepted', 'done'] },
    listener: { enum: ['seen', 'stored', 'unknown', null] },
    created_at: { type: 'string', format: 'date-time' },
    status: { enum: ['completed', 'failed', 'refused', null] },
    answered_at: { type: ['string', 'null'], format: 'date-time' },
    reason: { type: ['string', 'null'], description: 'Why the router refused it.' },
    result_bytes: { type: ['integer', 'null'] },
    result_omitted: { type: 'boolean', description: 'It was larger than what is kept.' },
    result: { type: ['object', 'null'], description: 'The TaskResult exactly as it came.' },
  },
};

/** What became of work that was sent. */
export function requestRoutes(ask: AskCore): readonly GatewayRoute[] {
  return [
    {
      ...route({
        method: 'GET',
        path: '/v1/requests/{id}',
        summary: 'A request and, once it is there, its answer.',
        scope: 'submit',
        responses: { 200: { description: 'the request', type: 'application/json', schema: REQUEST } },
        run: async (context) => {
          const kept = await ownRequest(ask(), context.params.id, context);
          return { status: 200, type: 'application/json', body: requestText(kept) };
        },
      }),
      problems: PROBLEMS,
    },
    {
      ...route({
        method: 'DELETE',
        path: '/v1/requests/{id}',
        summary: 'Forgets a request and its answer. What is on the bus goes on.',
        scope: 'submit',
        responses: { 204: { description: 'it is forgotten' } },
        run: async (context) => {
          const core = ask();
          const { record } = await ownRequest(core, context.params.id, context);
          await core.store.change(record.id, ({ record }) => ({
            record: { ...record, state: 'forgotten', until: null, answer: null },
            result: undefined,
          }));
          return { status: 204 };
        },
      }),
      problems: PROBLEMS,
    },
  ];
}
