import { skipSpace, stringEnd } from '../../contract/json-text.ts';

/** Deeper levels stand below each other: the width of a line must not grow with what a stranger nested. */
const DEEPEST_INDENT = 40;

/** More of a message is no longer read by a person. */
export interface PrettyLimits {
  readonly characters: number;
  readonly lines: number;
  readonly string: number;
}

const NONE: PrettyLimits = {
  characters: Number.POSITIVE_INFINITY,
  lines: Number.POSITIVE_INFINITY,
  string: Number.POSITIVE_INFINITY,
};

/**
 * JSON text for eyes, two spaces a level, text without needless escapes. Numbers keep every character they came with:
 * `1.0` and 2^53+1 are what the message says, and what the next reader gets.
 */
export function prettyJson(text: string): string {
  return lay(text, NONE).lines.join('\n');
}

/** The same as lines, as many as a person reads; undefined for what is no JSON. */
export function prettyLines(text: string, limits: PrettyLimits): string[] | undefined {
  const { lines, odd } = lay(text, limits);
  return odd ? undefined : lines;
}

function lay(text: string, limits: PrettyLimits): { readonly lines: string[]; readonly odd: boolean } {
  const lines: string[] = [];
  let line = '';
  let depth = 0;
  let odd = false;
  const newLine = (): void => {
    lines.push(line);
    line = '  '.repeat(Math.min(depth, DEEPEST_INDENT));
  };
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    if (at > limits.characters || lines.length >= limits.lines) {
      if (line.trim() !== '') lines.push(line);
      return { lines: [...lines, `... ${text.length - at} more characters`], odd };
    }
    const char = text[at] as string;
    let end = at + 1;
    if (char === '"') {
      end = stringEnd(text, at);
      if (end < 0) {
        odd = true;
        end = text.length;
      }
      line += shortened(readable(text.slice(at, end)), limits.string);
    } else if (char === '{' || char === '[') {
      line += char;
      const inside = skipSpace(text, end);
      if (text[inside] === '}' || text[inside] === ']') {
        line += text[inside];
        end = inside + 1;
      } else {
        depth += 1;
        newLine();
      }
    } else if (char === '}' || char === ']') {
      depth = Math.max(0, depth - 1);
      newLine();
      line += char;
    } else if (char === ',') {
      line += char;
      newLine();
    } else if (char === ':') line += ': ';
    else {
      while (end < text.length && !ENDS.test(text[end] as string)) end += 1;
      const word = text.slice(at, end);
      odd ||= !WORD.test(word);
      line += word;
    }
    at = end;
  }
  lines.push(line);
  return { lines, odd };
}

const ENDS = /[\s,:[\]{}"]/;
const WORD = /^[-+\w.]+$/;

/** `\u00e9`, as Python writes it, is é. */
function readable(token: string): string {
  if (!token.includes('\\')) return token;
  try {
    return JSON.stringify(JSON.parse(token));
  } catch {
    return token;
  }
}

function shortened(token: string, most: number): string {
  return token.length > most ? `${token.slice(0, most)}... (${token.length} characters)` : token;
}
