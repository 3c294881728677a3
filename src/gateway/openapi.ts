import type { GatewayRoute } from './gateway-route.ts';
import { problemsByStatus } from './gateway-route.ts';
import { ALL_PROBLEMS } from './problems.ts';

const REQUEST_ID = {
  'Heddle-Request-Id': {
    description: 'The id of this exchange: the one that was sent, or a fresh one.',
    schema: { type: 'string' },
  },
};

/** The description of the interface, made of the very table that serves it. */
export function openApiOf(
  routes: readonly GatewayRoute[],
  { version, url }: { version: string; url?: string | undefined },
): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    // OpenAPI has no word for a parameter that holds slashes.
    const path = route.path.replace('{*', '{');
    const operations = paths[path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Heddle gateway',
      version,
      description:
        'Tasks, goals and webhooks for a Heddle bus. Errors are problem documents of RFC 9457 with a stable code.',
    },
    ...(url === undefined ? {} : { servers: [{ url }] }),
    paths,
    // What each code means to a client, whichever route answers with it.
    'x-problems': ALL_PROBLEMS,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operationOf(route: GatewayRoute): unknown {
  const { method, path, summary, scope, query, request, responses } = route;
  const names = [...path.matchAll(/\{\*?(\w+)\}/g)].map(([, name]) => name);
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query ?? {}).map(([name, { description, required = false, schema = { type: 'string' } }]) => ({
      name,
      in: 'query',
      description,
      required,
      schema,
    })),
    ...(scope === 'submit' && method === 'POST' ? SUBMIT_HEADERS : []),
  ];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w)?/g, (_, letter: string = '') => letter.toUpperCase())}`,
    summary,
    ...(scope === undefined ? {} : { security: [{ token: [] }], 'x-scope': scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === undefined ? {} : { requestBody: bodyOf(request) }),
    responses: merged(declared(responses), Object.fromEntries([...problemsByStatus(route)].map(problemResponse))),
  };
}

const SUBMIT_HEADERS = [
  { name: 'Prefer', description: 'wait=<seconds>', example: 'wait=10' },
  { name: 'Idempotency-Key', description: 'The same key with the same body is the same request, on every replica.' },
  { name: 'traceparent', description: 'A trace to go on with (W3C).' },
].map((header) => ({ ...header, in: 'header', required: false, schema: { type: 'string' } }));

function bodyOf({
  types = ['application/json'],
  schema = {},
  description,
}: NonNullable<GatewayRoute['request']>): unknown {
  return {
    required: !types.includes('*/*'),
    ...(description === undefined ? {} : { description }),
    content: Object.fromEntries(types.map((type) => [type, { schema }])),
  };
}

interface Shown {
  readonly description: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}
type Responses = Readonly<Record<string, Shown>>;

/** One status may be an answer or a problem; their types tell them apart. */
function merged(own: Responses, problems: Responses): Responses {
  const both = Object.entries(own).map(([status, answer]): [string, Shown] => {
    const problem = problems[status];
    if (problem === undefined) return [status, answer];
    const headers = { ...problem.headers, ...answer.headers };
    const content = { ...answer.content, ...problem.content };
    return [status, { description: `${answer.description}; or ${problem.description}`, headers, content }];
  });
  return { ...problems, ...Object.fromEntries(both) };
}

function declared(responses: GatewayRoute['responses']): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, type, schema, headers = {} }]) => [
      status,
      {
        description,
        headers: {
          ...REQUEST_ID,
          ...Object.fromEntries(
            Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]),
          ),
        },
        ...(type === undefined ? {} : { content: { [type]: { schema: schema ?? {} } } }),
      },
    ]),
  );
}

function problemResponse([status, codes]: readonly [number, readonly string[]]): readonly [string, Shown] {
  const retry = codes.some((code) => ALL_PROBLEMS[code]?.retryable)
    ? { 'Retry-After': { description: 'Seconds.', schema: { type: 'string' } } }
    : {};
  return [
    String(status),
    {
      description: codes.join(', '),
      headers: { ...REQUEST_ID, ...retry },
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ];
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'retryable', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: Object.keys(ALL_PROBLEMS).sort() },
    detail: { type: 'string' },
    hint: { type: 'string' },
    retryable: { type: 'boolean', description: 'Whether the same request, sent again later, may succeed.' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
