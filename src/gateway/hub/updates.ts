import { readJsonObject } from '../../contract/decode-json.ts';
import type { JsonObject } from '../../contract/json.ts';
import { wireTime } from '../../contract/wire-time.ts';
import type { Message } from '../../transport/transport.ts';
import { REQUEST_PREFIX, type RequestRecord } from '../requests/record.ts';
import type { Notice } from './frame.ts';
import { type PlaybookState, playbookStates } from './playbook-notices.ts';

/** What others tell of an execution, as the last tokens of the subject. */
export const UPDATES = ['step.exit', 'playbook.completed', 'playbook.failed'] as const;

/** How an execution goes on, as somebody else says. */
export interface Update {
  /** The request that it belongs to. */
  readonly request: string;
  readonly state: PlaybookState;
}

/** undefined for what cannot be read. */
export function readUpdate(
  { subject, data }: Message,
  { prefix, event, now }: { readonly prefix: string; readonly event: string; readonly now: number },
): Update | undefined {
  const execution = subject.slice(prefix.length, -event.length - 1);
  const read = data.length === 0 ? undefined : readJsonObject(data);
  if (read?.ok === false) return undefined;
  const value = read?.value ?? {};
  return {
    request: execution.startsWith(REQUEST_PREFIX) ? execution : REQUEST_PREFIX + execution,
    state: {
      event_type: event,
      step_name: textOf(value, 'step_name', 'step', 'node_name'),
      status: textOf(value, 'status') ?? event.slice(event.indexOf('.') + 1),
      at: textOf(value, 'at', 'timestamp', 'created_at') ?? wireTime(now),
    },
  };
}

export function updateNotices(record: RequestRecord, { state }: Update, key: string): readonly Notice[] {
  return playbookStates(record, `${record.id}.${key}`, state);
}

function textOf(value: JsonObject, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const found = value[key];
    if (typeof found === 'string') return found;
  }
  return null;
}
