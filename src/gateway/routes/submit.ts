import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { MODEL_TIERS, PRIORITIES } from '../../contract/messages.ts';
import { LONGEST_PART } from '../../contract/subject-grammar.ts';
import { Problem } from '../../http/problem.ts';
import { type Context, type Reply, route } from '../../http/route.ts';
import { ANONYMOUS, type AskCore, type Core } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { WorkOutcome } from '../metrics.ts';
import { type GatewayProblemCode, gatewayProblem } from '../problems.ts';
import { freshId, hashOf, keyedId, orderOf, traceFrom } from '../requests/order.ts';
import { invalid, readWork } from '../requests/read-work.ts';
import { published, replyTo, waitOf } from '../requests/reply.ts';

const OBJECT = { type: 'object' } as const;
const PRIORITY = { enum: [...PRIORITIES], description: 'Carried along; Heddle enforces it nowhere.' };

const CLIENT = { type: 'string', description: 'The client that is told of it, alone. Default: all of the caller.' };

const TASK: JsonObject = {
  type: 'object',
  required: ['worker_type', 'payload'],
  properties: {
    worker_type: {
      type: 'string',
      // Dots make several tokens of it.
      pattern: '^[^\\u0000- \\u007f.]+(\\.[^\\u0000- \\u007f.]+)*$',
      maxLength: LONGEST_PART,
      description:
        'What NATS carries in a subject: no white space, no control characters, no wildcards, no empty part.',
    },
    payload: { ...OBJECT, description: "What the worker's input_schema asks for." },
    model_tier: { enum: [...MODEL_TIERS], description: 'Default standard; the router may decide otherwise.' },
    priority: PRIORITY,
    metadata: OBJECT,
    client_id: CLIENT,
    // Made here: a body that has them is refused.
    task_id: false,
    parent_task_id: false,
  },
};
const GOAL: JsonObject = {
  type: 'object',
  required: ['instruction'],
  properties: {
    instruction: { type: 'string', minLength: 1 },
    context: OBJECT,
    priority: PRIORITY,
    client_id: CLIENT,
    goal_id: false,
  },
};

const PROBLEMS: readonly GatewayProblemCode[] = [
  'invalid_message',
  'invalid_idempotency_key',
  'idempotency_key_reused',
  'idempotency_key_running',
  'request_forgotten',
  'nobody_listens',
  'bus_down',
  'store_unavailable',
  'unconfirmed',
  'router_busy',
  'router_refused',
  'answer_unreadable',
];

const HEADERS = {
  location: 'Where the request and its answer are found.',
  traceparent: 'The trace that the message carries.',
  'heddle-store': 'Where the request is kept: jetstream, or memory, which ends with the process.',
  'preference-applied': 'How long was waited at most.',
  'idempotent-replayed': 'true when this key was used before: nothing was sent again.',
};

const ACCEPTED: JsonObject = {
  type: 'object',
  required: ['request_id', 'listener', 'status_url'],
  properties: {
    request_id: { type: 'string' },
    task_id: { type: 'string' },
    goal_id: { type: 'string' },
    listener: {
      enum: ['seen', 'stored', 'unknown', null],
      description:
        'seen: somebody who acts listened. stored: a stream has it. unknown: only watchers, or nobody can tell.',
    },
    status_url: { type: 'string' },
  },
};

/** Work by request. */
export function submitRoutes(ask: AskCore): readonly GatewayRoute[] {
  return (['task', 'goal'] as const).map((kind) => ({
    ...route({
      method: 'POST',
      path: `/v1/${kind}s`,
      summary:
        kind === 'task'
          ? 'Sends a task to the router. With Prefer: wait=<seconds> the answer is waited for.'
          : 'Sends a goal to a pipeline or an orchestrator. With Prefer: wait=<seconds> the answer is waited for.',
      scope: 'submit',
      request: { schema: kind === 'task' ? TASK : GOAL },
      responses: {
        200: {
          description: 'The answer, completed or failed: Heddle-Task-Status says which. Only where it was waited for.',
          type: 'application/json',
          headers: { ...HEADERS, 'heddle-task-status': 'completed or failed' },
        },
        202: { description: 'It is on the bus.', type: 'application/json', schema: ACCEPTED, headers: HEADERS },
      },
      run: (context) => submit(ask(), kind, context),
    }),
    problems: PROBLEMS,
  }));
}

async function submit(core: Core, kind: 'task' | 'goal', context: Context): Promise<Reply> {
  try {
    return await submitted(core, kind, context);
  } catch (thrown) {
    const outcome = thrown instanceof Problem ? COUNTED[thrown.code] : undefined;
    if (outcome !== undefined) core.metrics.work(kind, outcome);
    throw thrown;
  }
}

const COUNTED: Readonly<Record<string, WorkOutcome>> = {
  nobody_listens: 'unheard',
  bus_down: 'bus_down',
  store_unavailable: 'store_unavailable',
  unconfirmed: 'unconfirmed',
  invalid_message: 'invalid',
};

async function submitted(core: Core, kind: 'task' | 'goal', context: Context): Promise<Reply> {
  const { config, inputs } = core.live();
  const holder = context.principal ?? ANONYMOUS;
  const { name: owner } = holder;
  core.limiter.take(owner, config.limits.perToken);
  const key = idempotencyKey(context);
  const body = await context.json();
  const work = readWork(kind, body, inputs);
  const client = clientOf(context, body.value);
  if (client !== undefined) await core.named(client, holder);
  const waitS = waitOf(context, config.limits.waitS);
  const order = orderOf(
    work,
    {
      id: key === undefined ? freshId(core.uuid) : keyedId(config.name, `/v1/${kind}s`, owner, key),
      owner,
      client,
      bodyHash: key === undefined ? undefined : hashOf(await context.bytes()),
      requestId: context.requestId,
      trace: traceFrom(context.headers),
      ttlS: config.store.ttlS,
      again: key === undefined ? undefined : 'refuse',
      waitMs: waitS === undefined ? undefined : waitS * 1000,
      until: waitS === undefined ? undefined : (over) => untilOver(context, over),
    },
    core.clock.now(),
  );
  const taken = await core.intake.take(order);
  published(core, taken, context.requestId);
  // The work is on the bus; its answer is for who may read it.
  return replyTo(
    core,
    context.withdrawn === undefined ? taken : { ...taken, outcome: undefined, kept: undefined },
    waitS,
  );
}

/** The client left, or may wait no more, or the gateway drains. */
function untilOver(context: Context, over: () => void): () => void {
  const { draining } = context;
  if (draining.aborted) over();
  draining.addEventListener('abort', over, { once: true });
  const stay = context.onLeft(over);
  const keep = context.onWithdrawn(over);
  return () => {
    draining.removeEventListener('abort', over);
    stay();
    keep();
  };
}

/** The client that is told of it. The member goes before the header. */
function clientOf({ headers }: Context, body: unknown): string | undefined {
  const member = isJsonObject(body) ? body.client_id : undefined;
  if (member !== undefined && member !== null) {
    if (typeof member === 'string') return member;
    throw invalid('task', [{ pointer: '/client_id', problem: 'must be text' }]);
  }
  const header = headers['heddle-client-id'];
  return typeof header === 'string' ? header : undefined;
}

function idempotencyKey({ headers }: Context): string | undefined {
  const written = headers['idempotency-key'];
  if (written === undefined) return undefined;
  if (typeof written === 'string' && /^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(written)) return written;
  throw gatewayProblem('invalid_idempotency_key', {
    detail: 'an Idempotency-Key has 1 to 255 printable characters',
  });
}
