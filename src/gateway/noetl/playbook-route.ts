import { isJsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { ANONYMOUS, type AskCore, type Core } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { gatewayProblem } from '../problems.ts';
import { asJson } from '../webhook/body.ts';
import { executePlaybook, type Playbooks } from './execute.ts';

/** The same as executePlaybook, for who has no GraphQL. */
export function playbookRoute(ask: AskCore, playbooks: () => Playbooks): GatewayRoute {
  return {
    ...route({
      method: 'POST',
      path: '/v1/playbooks',
      summary: 'Starts what the config calls by a name. The result is told as playbook/result.',
      scope: 'submit',
      request: {
        schema: {
          type: 'object',
          required: ['path'],
          properties: { path: { type: 'string' }, workload: { type: 'object' }, client_id: { type: 'string' } },
        },
      },
      responses: {
        202: {
          description: 'it is on the bus',
          type: 'application/json',
          schema: {
            type: 'object',
            required: ['request_id', 'execution_id', 'path', 'status'],
            properties: {
              request_id: { type: 'string' },
              execution_id: { type: 'string' },
              path: { type: 'string' },
              status: { const: 'accepted' },
            },
          },
        },
      },
      run: (context) => start(ask(), playbooks(), context),
    }),
    problems: [
      'unknown_playbook',
      'invalid_message',
      'unmapped_delivery',
      'nobody_listens',
      'bus_down',
      'store_unavailable',
      'unconfirmed',
    ],
  };
}

async function start(core: Core, playbooks: Playbooks, context: Context): Promise<Reply> {
  const { value, text } = await context.json();
  const { path, workload = {}, client_id: client } = isJsonObject(value) ? value : {};
  if (typeof path !== 'string') throw invalid('/path', 'must be text');
  if (!isJsonObject(workload)) throw invalid('/workload', 'must be an object');
  if (client !== undefined && typeof client !== 'string') throw invalid('/client_id', 'must be text');
  const raw = rawValue(text, 'workload');
  const wanted = { path, workload: raw === undefined ? asJson(workload) : { value: workload, text: raw }, client };
  const done = await executePlaybook(core, playbooks, wanted, context.principal ?? ANONYMOUS, context);
  const { requestId, executionId, status } = done;
  return jsonReply(202, { request_id: requestId, execution_id: executionId, path, status });
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `no playbook can be started with this: ${pointer} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
