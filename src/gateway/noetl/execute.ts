import type { PlaybookConfig } from '../../config/views/gateway-config/parts/playbooks.ts';
import type { JsonBody } from '../../http/json-body.ts';
import type { Context, Principal } from '../../http/route.ts';
import type { Core } from '../core.ts';
import { mappedWork } from '../mapped-work.ts';
import { gatewayProblem } from '../problems.ts';
import { freshId, orderOf, traceFrom } from '../requests/order.ts';
import { ownRequest } from '../requests/own-request.ts';
import { inputIssues, invalid } from '../requests/read-work.ts';
import { published } from '../requests/reply.ts';
import { asJson } from '../webhook/body.ts';
import { sourceOf } from '../webhook/render.ts';

export type Playbooks = ReadonlyMap<string, PlaybookConfig>;

export interface Wanted {
  readonly path: string;
  readonly workload: JsonBody;
  /** The client that is told; undefined: all of the caller. */
  readonly client: string | undefined;
}

/** What a client that starts a playbook is answered at once. */
export interface Execution {
  readonly id: string;
  readonly executionId: string;
  readonly requestId: string;
  readonly name: string;
  readonly status: string;
  readonly textOutput: null;
}

/** Where the result of a playbook may be brought over HTTP. */
export const CALLBACK = '/api/internal/callback';
/** A request may be watched by so many who did not start it; the oldest gives way. */
const MOST_WATCHERS = 16;

/** Starts what the config calls by this name: it stands in the store before it is on the bus. Throws the problem that there is. */
export async function executePlaybook(
  core: Core,
  playbooks: Playbooks,
  { path, workload, client }: Wanted,
  holder: Principal,
  { headers, requestId }: Pick<Context, 'headers' | 'requestId'>,
): Promise<Execution> {
  const { config, inputs } = core.live();
  core.limiter.take(holder.name, config.limits.perToken);
  const playbook = playbooks.get(path);
  if (playbook === undefined)
    throw gatewayProblem('unknown_playbook', { detail: `there is no playbook ${JSON.stringify(path)} here` });
  const id = freshId(core.uuid);
  const source = sourceOf({
    playbook: asJson(path),
    workload,
    user: asJson(holder.user ?? { user_id: holder.name }),
    request_id: asJson(id),
    callback_url: asJson(`${config.publicUrl ?? ''}${CALLBACK}`),
  });
  const work = mappedWork(playbook.target, playbook.priority, source);
  if (work.kind === 'task' && inputs.has(work.workerType)) {
    const payload: unknown = JSON.parse(work.payload);
    const issues = inputIssues(work.workerType, payload, `{"payload":${work.payload}}`, inputs);
    if (issues.length > 0) throw invalid('task', issues);
  }
  if (client !== undefined) await core.named(client, holder);
  const order = orderOf(
    work,
    {
      id,
      owner: holder.name,
      client,
      playbook: path,
      bodyHash: undefined,
      requestId,
      trace: traceFrom(headers),
      ttlS: config.store.ttlS,
      again: undefined,
      waitMs: undefined,
      until: undefined,
    },
    core.clock.now(),
  );
  const taken = await core.intake.take(order);
  published(core, taken, requestId);
  const { message_id: executionId } = taken.record;
  return { id: executionId, executionId, requestId: id, name: path, status: 'accepted', textOutput: null };
}

/** From here on this client is told how an execution goes on, too. Only of what is the caller's own. */
export async function watchExecution(
  core: Core,
  id: string,
  client: string,
  context: Context,
  holder: Principal,
): Promise<void> {
  await ownRequest(core, id, context);
  await core.named(client, holder);
  await core.store.change(id, ({ record, result }) => {
    const watchers = record.watchers ?? [];
    if (watchers.some((each) => each.client === client && each.owner === holder.name)) return undefined;
    const kept = [...watchers, { owner: holder.name, client }].slice(-MOST_WATCHERS);
    return { record: { ...record, watchers: kept }, result };
  });
}
