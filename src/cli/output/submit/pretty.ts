import { skipSpace, stringEnd } from '../../../contract/json-text.ts';

/** Deeper levels stand below each other: the width of a line must not grow with what a stranger nested. */
const DEEPEST_INDENT = 40;

/**
 * JSON text for eyes, two spaces a level, text without needless escapes. Numbers keep every character they came with:
 * `1.0` and 2^53+1 are what the message says, and what the next reader gets.
 */
export function prettyJson(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): void => void parts.push(`\n${'  '.repeat(Math.min(depth, DEEPEST_INDENT))}`);
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const char = text[at] as string;
    let end = at + 1;
    if (char === '"') {
      end = stringEnd(text, at);
      if (end < 0) end = text.length;
      parts.push(readable(text.slice(at, end)));
    } else if (char === '{' || char === '[') {
      parts.push(char);
      const inside = skipSpace(text, end);
      if (text[inside] === '}' || text[inside] === ']') {
        parts.push(text[inside] as string);
        end = inside + 1;
      } else {
        depth += 1;
        newLine();
      }
    } else if (char === '}' || char === ']') {
      depth -= 1;
      newLine();
      parts.push(char);
    } else if (char === ',') {
      parts.push(',');
      newLine();
    } else if (char === ':') parts.push(': ');
    else {
      while (end < text.length && !ENDS.test(text[end] as string)) end += 1;
      parts.push(text.slice(at, end));
    }
    at = end;
  }
  return parts.join('');
}

const ENDS = /[\s,:[\]{}"]/;

/** `\u00e9`, as Python writes it, is é. */
function readable(token: string): string {
  if (!token.includes('\\')) return token;
  try {
    return JSON.stringify(JSON.parse(token));
  } catch {
    return token;
  }
}
