import type { JsonBody } from '../../http/json-body.ts';
import { Problem } from '../../http/problem.ts';
import { type Context, jsonReply, type Reply } from '../../http/route.ts';
import type { Core } from '../core.ts';
import { mappedWork } from '../mapped-work.ts';
import { gatewayProblem } from '../problems.ts';
import { freshId, keyedId, orderOf, traceFrom } from '../requests/order.ts';
import { inputIssues, invalid } from '../requests/read-work.ts';
import { published } from '../requests/reply.ts';
import { asJson, mediaType, readBody } from './body.ts';
import { readCloudEvent } from './cloud-event.ts';
import type { DeliveryOutcome } from './deliveries.ts';
import { type Webhooks, webhookNamed } from './named.ts';
import type { Webhook } from './open.ts';
import { placeIn, type SourceDocument } from './render.ts';
import type { Refusal } from './scheme.ts';

type Received = { readonly reply: Reply; readonly outcome: DeliveryOutcome };

/** One delivery: verified before anything else, then mapped, then published once. */
export async function receive(
  core: Core,
  webhooks: Webhooks,
  name: string,
  path: string,
  context: Context,
): Promise<Reply> {
  const webhook = webhookNamed(webhooks, name);
  try {
    const { reply, outcome } = await judged(core, webhook, path, context);
    webhooks.deliveries.count(name, outcome);
    return reply;
  } catch (thrown) {
    const { outcome, code } = outcomeOf(thrown);
    webhooks.deliveries.count(name, outcome);
    core.log({ kind: 'webhook_refused', webhook: name, code, requestId: context.requestId });
    throw thrown;
  }
}

async function judged(core: Core, webhook: Webhook, path: string, context: Context): Promise<Received> {
  const { config, scheme } = webhook;
  const live = core.live();
  const raw = await context.bytes();
  const base = live.config.publicUrl ?? `${live.config.tls === undefined ? 'http' : 'https'}://${context.headers.host}`;
  const query = context.queryText === '' ? '' : `?${context.queryText}`;
  const url = `${base}${path}${query}`;
  const verdict = await webhook.verify({ raw, headers: context.headers, url }, core.clock.now());
  if (verdict !== 'genuine') throw refusal(verdict);
  core.limiter.take(`webhook/${config.name}`, live.config.limits.perToken);
  const event = config.cloudevents === undefined ? undefined : readCloudEvent(raw, context.headers);
  const body = event?.body ?? readBody(raw, mediaType(context.headers['content-type']));
  const asked = scheme.challenge?.(body.value);
  if (asked !== undefined) return { reply: jsonReply(200, asked), outcome: 'challenge' };

  const delivery = event?.delivery ?? deliveryId(webhook, context, body);
  const source: SourceDocument = (root) => {
    switch (root) {
      case 'event':
        return asJson(config.name);
      case 'headers':
        return asJson(shownHeaders(context, webhook));
      case 'query':
        return asJson(Object.fromEntries(context.query));
      case 'body':
        return body;
      case 'delivery':
        return asJson(delivery ?? null);
      case 'cloudevent':
        return event === undefined ? undefined : asJson(event.attributes);
      default:
        return undefined;
    }
  };
  const work = mappedWork(config.target, config.priority, source);
  if (work.kind === 'task' && live.inputs.has(work.workerType)) {
    const payload: unknown = JSON.parse(work.payload);
    const issues = inputIssues(work.workerType, payload, `{"payload":${work.payload}}`, live.inputs);
    if (issues.length > 0) throw invalid('task', issues);
  }
  const owner = `webhook/${config.name}`;
  const order = orderOf(
    work,
    {
      id: delivery === undefined ? freshId(core.uuid) : keyedId(live.config.name, owner, delivery),
      owner,
      bodyHash: undefined,
      requestId: context.requestId,
      trace: traceFrom(context.headers),
      ttlS: delivery === undefined ? live.config.store.ttlS : (config.dedupe?.ttlS ?? live.config.store.ttlS),
      again: delivery === undefined ? undefined : 'join',
      waitMs: undefined,
      until: undefined,
    },
    core.clock.now(),
  );
  const taken = await core.intake.take(order);
  published(core, taken, context.requestId);
  const { record, duplicate } = taken;
  const document = {
    accepted: true,
    [record.kind === 'goal' ? 'goal_id' : 'task_id']: record.message_id,
    request_id: record.id,
    duplicate,
    listener: record.listener,
  };
  const headers = { 'heddle-store': core.store.kind, ...(record.traceparent && { traceparent: record.traceparent }) };
  return { reply: jsonReply(duplicate ? 200 : 202, document, headers), outcome: duplicate ? 'duplicate' : 'accepted' };
}

function shownHeaders({ headers }: Context, { hidden }: Webhook): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      hidden.has(name) || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** undefined: its sender gave it none, so nobody can tell whether it was here before. */
function deliveryId({ config: { dedupe } }: Webhook, { headers }: Context, body: JsonBody): string | undefined {
  if (dedupe === undefined) return undefined;
  const { key } = dedupe;
  const found = key.in === 'header' ? headers[key.name] : placeIn(body, key.pointer)?.value;
  return typeof found === 'string' || typeof found === 'number' ? String(found) || undefined : undefined;
}

const WORDS: Readonly<Record<Refusal, string>> = {
  missing_signature: 'the delivery is not signed as this webhook wants it',
  bad_signature: 'the signature does not belong to this delivery',
  stale_timestamp: 'the delivery was signed too long ago, or for later',
  unknown_key: 'the delivery is signed with a key that is not known',
};

function refusal(verdict: Refusal) {
  return gatewayProblem(verdict, { detail: WORDS[verdict] });
}

const COUNTED: Readonly<Record<string, DeliveryOutcome>> = {
  missing_signature: 'missing_signature',
  bad_signature: 'bad_signature',
  stale_timestamp: 'stale_timestamp',
  unknown_key: 'unknown_key',
  keys_unavailable: 'keys_unavailable',
  too_many_requests: 'rate_limited',
  unmapped_delivery: 'unmapped',
  invalid_message: 'unmapped',
  nobody_listens: 'nobody_listens',
  bus_down: 'bus_down',
  store_unavailable: 'store_unavailable',
  unconfirmed: 'unconfirmed',
};

function outcomeOf(thrown: unknown): { outcome: DeliveryOutcome; code: string } {
  if (!(thrown instanceof Problem)) return { outcome: 'failed', code: 'internal' };
  const { code, status } = thrown;
  return { outcome: COUNTED[code] ?? (status < 500 ? 'bad_body' : 'failed'), code };
}
