import { isJsonObject } from '../contract/json.ts';
import type { TaskLog } from './define.ts';
import type { WorkerEvent } from './events.ts';

/** What a handler logs, made plain data before it is passed on: a log line must never fail the task it is about. */
export function taskLog(taskId: string, log: (event: WorkerEvent) => void): TaskLog {
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (message: unknown, fields?: unknown): void =>
      log({ kind: 'handler_log', level, message: textOf(message), fields: plainFields(fields), taskId });
  return { info: line('info'), warn: line('warn'), error: line('error') };
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  return message instanceof Error ? thrownWords(message) : (plainText(message) ?? String(message));
}

function plainFields(fields: unknown): Readonly<Record<string, unknown>> | undefined {
  if (fields === undefined || fields === null) return undefined;
  const text = plainText(fields);
  const plain: unknown = text === undefined ? undefined : JSON.parse(text);
  return isJsonObject(plain) ? plain : { value: plain ?? '(cannot be shown)' };
}

/** Undefined for what JSON cannot hold even so: circles, and objects that throw. */
function plainText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'bigint' ? String(each) : each instanceof Error ? thrownWords(each) : each,
    );
  } catch {
    return undefined;
  }
}

const NO_REASON = 'the handler failed without a reason';

/** What a handler threw, as the text of a failed result. It can be anything at all, and looking at it can throw again. */
export function thrownWords(thrown: unknown): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return String(thrown) || NO_REASON;
    const { message, name } = thrown as { readonly message?: unknown; readonly name?: unknown };
    for (const words of [message, name]) if (words !== undefined && words !== '') return String(words);
    return thrown instanceof Error ? NO_REASON : JSON.stringify(thrown);
  } catch {
    return 'the handler failed with something that cannot be shown';
  }
}
