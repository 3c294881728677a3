import { isJsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { type Context, jsonReply, type Reply, route } from '../../http/route.ts';
import { sleep } from '../../time/wait.ts';
import type { AskCore, Core } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { Hub } from '../hub/hub.ts';
import { hasFailed, playbookEnd } from '../hub/playbook-notices.ts';
import { gatewayProblem } from '../problems.ts';
import { hashOf } from '../requests/order.ts';
import type { RequestAnswer, RequestRecord } from '../requests/record.ts';
import { CALLBACK } from './execute.ts';

/** In a cluster a look may be a moment behind a write. */
const LOOKS_MS = [50, 150, 400];
const ID = /^gw-[A-Za-z0-9_-]{1,64}$/;
/** Within this time the same again is also told again, in case that nobody came to it the first time: it is kept once. */
const AGAIN_MS = 60_000;

/** Results that are brought over HTTP, by whoever runs a playbook. Under both names the same. */
export function callbackRoutes(ask: AskCore, hub: () => Hub): readonly GatewayRoute[] {
  return [CALLBACK, `${CALLBACK}/async`].map((path) => ({
    ...route({
      method: 'POST',
      path,
      summary: 'Brings the result of a playbook: it is kept, and told to the client that started it.',
      scope: 'callback',
      request: {
        schema: {
          type: 'object',
          required: ['request_id'],
          properties: {
            request_id: { type: 'string' },
            status: { type: 'string', description: 'failed, error and the like are failures; default completed.' },
            data: {},
            error: { type: 'string' },
          },
        },
      },
      responses: {
        200: {
          description: 'it is kept, and will be told; or it was before, and nothing changes',
          type: 'application/json',
          schema: {
            type: 'object',
            required: ['status', 'request_id', 'duplicate'],
            properties: { status: { const: 'kept' }, request_id: { type: 'string' }, duplicate: { type: 'boolean' } },
          },
        },
      },
      run: (context) => take(ask(), hub(), context),
    }),
    problems: [
      'unknown_request',
      'request_forgotten',
      'already_answered',
      'bus_down',
      'store_unavailable',
      'invalid_message',
    ] as const,
  }));
}

async function take(core: Core, hub: Hub, context: Context): Promise<Reply> {
  const { value, text } = await context.json();
  const { request_id: id, status = 'completed', error = null } = isJsonObject(value) ? value : {};
  if (typeof id !== 'string' || !ID.test(id)) throw invalid('/request_id', 'must be the id of a request');
  if (typeof status !== 'string' || status === '' || status.length > 64) throw invalid('/status', 'must be a word');
  if (error !== null && typeof error !== 'string') throw invalid('/error', 'must be text');
  const { resultBytes } = core.live().config.store;
  const data = rawValue(text, 'data');
  const bytes = data === undefined ? 0 : Buffer.byteLength(data);
  const omitted = bytes > resultBytes;
  const brought = hashOf(Buffer.from(`${status} ${error} ${data}`));
  const at = wireTime(core.clock.now());
  const answer: RequestAnswer = {
    status: hasFailed(status) ? 'failed' : 'completed',
    reason: error,
    at,
    bytes,
    omitted,
    brought,
  };
  for (const waitMs of [...LOOKS_MS, undefined]) {
    let mine = false;
    const kept = await core.store.change(id, ({ record }) => {
      mine = record.answer === null && isOpen(record);
      return mine
        ? { record: { ...record, state: 'done', until: null, answer }, result: omitted ? undefined : data }
        : undefined;
    });
    if (kept === undefined) {
      if (waitMs === undefined) break;
      await sleep(core.clock, waitMs);
      continue;
    }
    const { record } = kept;
    if (record.state === 'forgotten') throw gatewayProblem('request_forgotten', { detail: 'this request was deleted' });
    // What is no playbook is answered over the bus alone.
    if (!isOpen(record)) break;
    const duplicate = !mine;
    if (duplicate && record.answer?.brought !== brought) {
      throw gatewayProblem('already_answered', { detail: 'this request has another answer already: the first counts' });
    }
    const said = record.answer ?? answer;
    if (!duplicate || core.clock.now() - Date.parse(said.at) < AGAIN_MS) {
      const end = { status, data: omitted ? undefined : data, reason: error, omitted, at: said.at };
      await Promise.all(playbookEnd(record, end).map((notice) => hub.append(notice)));
    }
    if (mine) void core.store.unnote(record).catch(() => {});
    return jsonReply(200, { status: 'kept', request_id: id, duplicate });
  }
  throw gatewayProblem('unknown_request', { detail: 'there is no such request here, or it is kept no more' });
}

function isOpen({ playbook, state }: RequestRecord): boolean {
  return playbook !== undefined && playbook !== null && state !== 'forgotten';
}

function invalid(pointer: string, what: string) {
  return gatewayProblem('invalid_message', {
    detail: `this is no callback: ${pointer} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
