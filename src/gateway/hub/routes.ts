import { SCOPES } from '../../config/views/gateway-config/scope.ts';
import type { JsonObject } from '../../contract/json.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { ANONYMOUS, type AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { GatewayProblemCode } from '../problems.ts';
import type { RequestRecord } from '../requests/record.ts';
import { follow, type Known } from './follow.ts';
import type { Hub } from './hub.ts';
import { followRequest } from './one-request.ts';
import type { Tickets } from './tickets.ts';

/** What the routes ask, once the part is open. */
export interface Opened {
  readonly hub: Hub;
  readonly tickets: Tickets;
}

const PROBLEMS: readonly GatewayProblemCode[] = ['bus_down', 'store_unavailable'];
const STREAM = {
  description:
    'init, ping and what happens, as text/event-stream. Each id goes back as Last-Event-ID. reset: something was lost, ask for what you need. bye: it ends, and says for which reason.',
  type: 'text/event-stream',
};
const LAST_ID = { description: 'As the header Last-Event-ID, for who cannot send one.' };
const TICKET = { description: 'In place of a token, for who cannot send a header. Used once.' };

const TICKET_DOCUMENT: JsonObject = {
  type: 'object',
  required: ['ticket', 'expires_at', 'name', 'scopes'],
  properties: {
    ticket: { type: 'string' },
    expires_at: { type: 'string', format: 'date-time' },
    name: { type: 'string', description: 'Who asked.' },
    scopes: { type: 'array', items: { enum: [...SCOPES] }, description: 'What whoever asked may do.' },
  },
};

/** What happens, told as it happens. */
export function eventRoutes(ask: AskCore, opened: () => Opened): readonly GatewayRoute[] {
  return [
    {
      ...route({
        method: 'GET',
        path: '/v1/events',
        summary: 'Follows all that concerns the caller: results, stages and progress of what it sent.',
        scope: 'events',
        query: {
          client_id: { description: 'The client that comes back, or that requests named. Default: a fresh one.' },
          last_event_id: LAST_ID,
          ticket: TICKET,
        },
        responses: { 200: STREAM },
        run: (context) => follow(ask(), opened().hub, context, 'events', initOf),
      }),
      problems: PROBLEMS,
    },
    {
      ...route({
        method: 'GET',
        path: '/v1/requests/{id}/events',
        summary: 'Follows one request up to its result, then ends.',
        scope: 'events',
        query: { last_event_id: LAST_ID, ticket: TICKET },
        responses: { 200: STREAM, 204: { description: 'the result was told before: there is no more to come' } },
        run: (context) => followRequest(ask(), opened().hub, context.params.id, context),
      }),
      problems: ['unknown_request', 'request_forgotten', 'request_expired', 'bus_down', 'store_unavailable'],
    },
    {
      ...route({
        method: 'POST',
        path: '/v1/events/ticket',
        summary: 'A ticket for an EventSource, which cannot send a token: good for 30 s, once.',
        scope: 'events',
        responses: { 200: { description: 'the ticket', type: 'application/json', schema: TICKET_DOCUMENT } },
        run: (context) => giveTicket(opened(), context),
      }),
      problems: PROBLEMS,
    },
  ];
}

/** What `/v1/events` begins with. */
function initOf({ client, server, resumed, pending }: Known): { event: string; data: string } {
  const init = { client_id: client, server, contract_version: 1, resumed, pending: pending.map(pendingOf) };
  return { event: 'init', data: JSON.stringify(init) };
}

function pendingOf({ id, kind, message_id: messageId, created_at: createdAt }: RequestRecord): unknown {
  return {
    request_id: id,
    kind,
    ...(kind === 'goal' ? { goal_id: messageId } : { task_id: messageId }),
    created_at: createdAt,
  };
}

async function giveTicket({ hub, tickets }: Opened, { principal = ANONYMOUS }: Context): Promise<Reply> {
  const { ticket, expiresAt } = await tickets.give(principal);
  hub.numbers.tickets.add('given');
  const { name, scopes } = principal;
  const may = SCOPES.filter((scope) => scopes.has(scope));
  return jsonReply(200, { ticket, expires_at: wireTime(expiresAt), name, scopes: may });
}
