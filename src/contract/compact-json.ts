import { skipSpace, stringEnd } from './json-text.ts';

/**
 * Valid JSON text without the white space between its tokens; every token stays as it was written. Text on one line is
 * returned as it is: its spaces cost less than the walk.
 */
export function compactJson(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.includes('\n') && !trimmed.includes('\r')) return trimmed;
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < trimmed.length; ) {
    const code = trimmed.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(trimmed, at);
      if (end < 0) return trimmed;
      at = end;
    } else if (code <= SPACE) {
      kept.push(trimmed.slice(from, at));
      at = skipSpace(trimmed, at);
      from = at;
    } else at += 1;
  }
  kept.push(trimmed.slice(from));
  return kept.join('');
}

const QUOTE = 0x22;
const SPACE = 0x20;
