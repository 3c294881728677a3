import type { Sources } from '../../contract/ids.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { EMPTY_PAYLOAD, prepareTask, type TaskDraft } from '../task-draft.ts';

/**
 * Writes tasks that differ only in id, time and payload: the envelope is built once, by the contract, and cut into the
 * pieces around these three. The payload goes through as the text it came in.
 */
export function taskStencil(
  draft: Omit<TaskDraft, 'payload' | 'payloadText' | 'taskId'>,
  sources: Sources,
): (payloadText: string, taskId?: string) => { readonly id: string; readonly text: string } {
  const placeholder = sources.uuid();
  const { text } = prepareTask({ ...draft, payload: {}, taskId: placeholder }, sources);
  const idAt = text.indexOf(placeholder);
  const payloadAt = text.indexOf(EMPTY_PAYLOAD) + EMPTY_PAYLOAD.length - 2;
  const timeAt = text.indexOf(CREATED_AT, payloadAt) + CREATED_AT.length;
  const beforeId = text.slice(0, idAt);
  const beforePayload = text.slice(idAt + placeholder.length, payloadAt);
  const beforeTime = text.slice(payloadAt + 2, timeAt);
  const after = text.slice(text.indexOf('"', timeAt));
  let lastMs = Number.NaN;
  let time = '';
  return (payloadText, taskId) => {
    const ms = sources.now();
    if (ms !== lastMs) {
      lastMs = ms;
      time = wireTime(ms);
    }
    const id = taskId ?? sources.uuid();
    return {
      id,
      text:
        beforeId + (taskId === undefined ? id : inQuotes(id)) + beforePayload + payloadText + beforeTime + time + after,
    };
  };
}

/** An id of an earlier run may be anything that somebody wrote; a fresh one needs no quoting. */
function inQuotes(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

const CREATED_AT = '"created_at":"';
