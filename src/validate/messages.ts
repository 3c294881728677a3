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

/** Judges wire messages, one to a line, by their shape alone. */
export function* judgeMessages(text: string): Generator<MessageVerdict> {
  let line = 0;
  for (const raw of linesOf(text)) {
    line += 1;
    if (raw.trim() === '') continue;
    const message = decodeMessageText(undefined, raw);
    yield {
      line,
      valid: message.kind !== 'unknown',
      kind: message.kind === 'unknown' ? (message.expected ?? 'unknown') : message.kind,
      generation: message.generation,
      detail: message.kind === 'unknown' ? message.detail : undefined,
    };
  }
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
