import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { Problem } from '../../http/problem.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { VERSION } from '../../version.ts';
import { ANONYMOUS, type AskCore, type Core } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { gatewayProblem } from '../problems.ts';
import { REQUEST_PREFIX } from '../requests/record.ts';
import { asJson } from '../webhook/body.ts';
import { executePlaybook, type Playbooks, watchExecution } from './execute.ts';
import { type Asked, GRAPHQL_MISSING, type GraphQlServer, type Resolvers } from './graphql.ts';

const MOST_BYTES = 256 * 1024;
const LONGEST_QUERY = 16 * 1024;

export interface OpenedPlaybooks {
  readonly playbooks: Playbooks;
  /** undefined: the package that it takes is not installed. */
  readonly server: GraphQlServer | undefined;
}

/** Playbooks, as clients of NoETL's published guide start them. */
export function graphQlRoute(ask: AskCore, opened: () => OpenedPlaybooks): GatewayRoute {
  return {
    ...route({
      method: 'POST',
      path: '/graphql',
      summary: 'GraphQL: executePlaybook, subscribeToExecution, health, version.',
      scope: 'submit',
      request: {
        maxBytes: MOST_BYTES,
        schema: {
          type: 'object',
          required: ['query'],
          properties: {
            query: { type: 'string' },
            variables: { type: ['object', 'null'] },
            operationName: { type: ['string', 'null'] },
          },
        },
      },
      responses: {
        200: { description: 'data, and errors with the code of the problem in extensions', type: 'application/json' },
        400: { description: 'it is no query that is answered here', type: 'application/json' },
      },
      run: (context) => answer(ask(), opened(), context),
    }),
    // What executing meets stands in the errors of the answer.
    problems: ['invalid_message', 'graphql_unavailable'],
  };
}

async function answer(core: Core, { playbooks, server }: OpenedPlaybooks, context: Context): Promise<Reply> {
  if (server === undefined) throw gatewayProblem('graphql_unavailable', GRAPHQL_MISSING);
  const body = await context.json();
  const asked = askedIn(body);
  const holder = context.principal ?? ANONYMOUS;
  const resolvers: Resolvers = {
    health: () => (core.unready() === undefined ? 'ok' : 'unready'),
    version: () => VERSION,
    executePlaybook: (args) => {
      const path = args.path ?? args.name;
      if (typeof path !== 'string') throw invalid('/variables', 'executePlaybook needs a name or a path');
      const workload = workloadOf(args, body, asked);
      const client = typeof args.clientId === 'string' ? args.clientId : undefined;
      return executePlaybook(core, playbooks, { path, workload, client }, holder, context);
    },
    subscribeToExecution: async (args) => {
      const executionId = String(args.executionId);
      const clientId = String(args.clientId);
      const id = executionId.startsWith(REQUEST_PREFIX) ? executionId : REQUEST_PREFIX + executionId;
      await watchExecution(core, id, clientId, context, holder);
      return { executionId, clientId };
    },
  };
  const { begun, document } = await server.answer(asked, resolvers, (thrown) => {
    if (thrown instanceof Problem) {
      const { message, code, retryable } = thrown;
      return { message, extensions: { code, retryable, request_id: context.requestId } };
    }
    const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    core.log({ kind: 'http_failure', requestId: context.requestId, reason });
    const extensions = { code: 'internal', retryable: false, request_id: context.requestId };
    return { message: 'an unexpected failure, which was reported here', extensions };
  });
  return jsonReply(begun ? 200 : 400, document);
}

function askedIn({ value }: JsonBody): Asked {
  if (!isJsonObject(value)) throw invalid('', 'must be a JSON object');
  const { query, variables, operationName } = value;
  if (typeof query !== 'string') throw invalid('/query', 'must be text');
  if (query.length > LONGEST_QUERY) throw invalid('/query', `may have ${LONGEST_QUERY} characters`);
  const isGiven = variables !== undefined && variables !== null;
  if (isGiven && !isJsonObject(variables)) throw invalid('/variables', 'must be an object');
  return {
    query,
    variables: isGiven ? (variables as JsonObject) : {},
    operationName: typeof operationName === 'string' ? operationName : undefined,
  };
}

/** What goes with it; where it is a variable of the request, as it was written, every digit of it. */
function workloadOf(args: Record<string, unknown>, { text }: JsonBody, { variables }: Asked): JsonBody {
  const value = args.workload ?? args.variables ?? {};
  if (!isJsonObject(value)) throw invalid('/variables', 'the workload must be an object');
  const written = rawValue(text, 'variables');
  const name = Object.keys(variables).find((key) => variables[key] === value);
  const raw = written === undefined || name === undefined ? undefined : rawValue(written, name);
  return raw === undefined ? asJson(value) : { value, text: raw };
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `this is no query: ${pointer || 'the body'} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
