import { strangeFrameKeys, UNREAD_FRAME } from '../contract/frame.ts';
import type { JsonObject } from '../contract/json.ts';
import { decodeMessageText, type MessageKind } from '../contract/read-message.ts';

/** What one line is. */
export interface MessageVerdict {
  /** From 1; empty lines count and are not judged. */
  readonly line: number;
  readonly valid: boolean;
  readonly kind: MessageKind | 'unknown';
  /** Which of the three wire generations the message belongs to; none when it is no message. */
  readonly generation: string;
  /** Why it is none, for people. */
  readonly detail: string | undefined;
}

export interface MessageRules {
  /** Frames of generation C are messages, as on a bus of that generation. Default: Heddle 0.9.2 reads none. */
  readonly acceptFrames?: boolean | undefined;
}

/** Judges wire messages, one to a line, by their shape alone. */
export function* judgeMessages(text: string, { acceptFrames = false }: MessageRules = {}): Generator<MessageVerdict> {
  let line = 0;
  for (const raw of linesOf(text)) {
    line += 1;
    if (raw.trim() === '') continue;
    const message = decodeMessageText(undefined, raw);
    const { generation } = message;
    if (message.kind === 'unknown') {
      yield { line, valid: false, kind: message.expected ?? 'unknown', generation, detail: message.detail };
      continue;
    }
    const detail = generation === 'C' ? frameProblem(message.value, acceptFrames) : undefined;
    yield { line, valid: detail === undefined, kind: message.kind, generation, detail };
  }
}

/** Neither generation reads what the other writes. */
function frameProblem(frame: JsonObject, accepted: boolean): string | undefined {
  if (!accepted) return UNREAD_FRAME;
  const strange = strangeFrameKeys(frame).map((key) => JSON.stringify(key));
  return strange.length === 0 ? undefined : `generation C refuses ${strange.join(', ')} on a frame`;
}

function* linesOf(text: string): Generator<string> {
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf('\n', from);
    if (end === -1) {
      if (from < text.length) yield text.slice(from);
      return;
    }
    yield text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    from = end + 1;
  }
}
