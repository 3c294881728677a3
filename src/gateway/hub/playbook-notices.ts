import { addressToken, type RequestRecord } from '../requests/record.ts';
import { type Address, addressOf, joined, type Notice } from './frame.ts';

// The same in the words of clients that start playbooks.

/** An execution is the task or the goal that a playbook became. */
export function isPlaybook({ playbook }: RequestRecord): boolean {
  return playbook !== undefined && playbook !== null;
}

export interface PlaybookEnd {
  readonly status: string;
  /** JSON text. */
  readonly data: string | undefined;
  readonly reason: string | null;
  readonly omitted: boolean;
  readonly at: string;
}

/** As JSON-RPC has it: the execution itself failed. */
const FAILED = -32_000;

/** Its end, and that it has come to it. */
export function playbookEnd(
  record: RequestRecord,
  { status, data, reason, omitted, at }: PlaybookEnd,
): readonly Notice[] {
  const { id, message_id: executionId } = record;
  const failed = hasFailed(status);
  const head = {
    requestId: id,
    executionId,
    status,
    dataOmitted: omitted,
    ...(failed && { error: { code: FAILED, message: reason ?? status } }),
  };
  const result: Notice = {
    key: `${id}.end`,
    to: addressOf(record),
    request: id,
    event: 'playbook/result',
    data: joined(head, 'data', data),
  };
  const event = failed ? 'playbook.failed' : 'playbook.completed';
  return [...playbookStates(record, `${id}.state`, { event_type: event, step_name: null, status, at }), result];
}

export interface PlaybookState {
  readonly event_type: string;
  readonly step_name: string | null;
  readonly status: string | null;
  readonly at: string;
}

/** How it goes on, to whoever started it and to whoever else asked for it. */
export function playbookStates(record: RequestRecord, key: string, state: PlaybookState): readonly Notice[] {
  const data = JSON.stringify({ execution_id: record.message_id, ...state });
  return addressesOf(record).map((to, at) => ({
    key: at === 0 ? key : `${key}.${addressToken(`${to.owner}/${to.client}`)}`,
    to,
    request: record.id,
    event: 'playbook/state',
    data,
  }));
}

/** Each once: who hears of all that a principal started hears of this. */
function addressesOf(record: RequestRecord): readonly Address[] {
  const first = addressOf(record);
  const more = (record.watchers ?? []).filter(
    ({ owner, client }) => owner !== first.owner || (first.client !== undefined && first.client !== client),
  );
  return [first, ...more];
}

export function hasFailed(status: string): boolean {
  return /^(?:failed|failure|error|errored|refused|cancelled|canceled|timeout)$/i.test(status);
}
