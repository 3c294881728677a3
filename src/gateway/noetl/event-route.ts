import { route } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { follow, type Known } from '../hub/follow.ts';
import type { Hub } from '../hub/hub.ts';
import type { RequestRecord } from '../requests/record.ts';

/** The version of the protocol whose frames these are. */
const PROTOCOL = '2024-11-05';

/** What the gateway's config has, as these clients ask for it. */
export interface Capabilities {
  readonly playbooks: boolean;
  readonly callbacks: boolean;
  readonly subscriptions: boolean;
  readonly playbookState: boolean;
}

/** The same frames as under /v1/events, in the form that clients of NoETL's published guide read. */
export function rpcEventRoute(ask: AskCore, hub: () => Hub, capabilities: () => Capabilities): GatewayRoute {
  return {
    ...route({
      method: 'GET',
      path: '/events',
      summary: 'Follows all that concerns the caller, as messages of JSON-RPC 2.0.',
      scope: 'events',
      query: {
        client_id: { description: 'The client that comes back, or that requests named. Default: a fresh one.' },
        last_event_id: { description: 'As the header Last-Event-ID, for who cannot send one.' },
        session_token: { description: 'Only where the config allows it: others log addresses.' },
        ticket: { description: 'In its place. Used once.' },
      },
      responses: { 200: { description: 'message, ping and what happens', type: 'text/event-stream' } },
      run: (context) => follow(ask(), hub(), context, 'json-rpc', (known) => messageOf(known, capabilities())),
    }),
    problems: ['bus_down', 'store_unavailable'],
  };
}

function messageOf(
  { client, server, pending }: Known,
  capabilities: Capabilities,
): { readonly event: string; readonly data: string } {
  const result = {
    protocolVersion: PROTOCOL,
    serverInfo: server,
    clientId: client,
    capabilities,
    pendingRequests: pending.map(pendingOf),
  };
  return { event: 'message', data: JSON.stringify({ jsonrpc: '2.0', id: 1, result }) };
}

function pendingOf({ id, message_id: messageId, playbook, worker_type: workerType }: RequestRecord): unknown {
  return { requestId: id, executionId: messageId, playbookPath: playbook ?? workerType };
}
