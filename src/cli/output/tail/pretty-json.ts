import { skipSpace, stringEnd } from '../../../contract/json-text.ts';

/** More of a message is no longer read by a person. */
const MOST_CHARACTERS = 64 * 1024;
const MOST_LINES = 200;
const DEEPEST = 20;

/** JSON text on indented lines; every value stays as it is written, so that no number loses a digit. Undefined: no JSON. */
export function prettyJson(text: string): string[] | undefined {
  const lines: string[] = [];
  let line = '';
  let depth = 0;
  let at = skipSpace(text, 0);
  const end = (): void => {
    lines.push(line);
    line = '  '.repeat(Math.min(depth, DEEPEST));
  };
  while (at < text.length) {
    if (at > MOST_CHARACTERS || lines.length >= MOST_LINES) {
      if (line.trim() !== '') lines.push(line);
      return [...lines, `... ${text.length - at} more characters`];
    }
    const character = text[at] as string;
    if (character === '"') {
      const close = stringEnd(text, at);
      if (close < 0) return undefined;
      const string = text.slice(at, close);
      line += string.length > MOST_STRING ? `${string.slice(0, MOST_STRING)}... (${string.length} characters)` : string;
      at = close;
    } else if (character === '{' || character === '[') {
      const next = skipSpace(text, at + 1);
      if (text[next] === '}' || text[next] === ']') {
        line += character + text[next];
        at = next + 1;
      } else {
        line += character;
        depth += 1;
        end();
        at = next;
        continue;
      }
    } else if (character === '}' || character === ']') {
      depth = Math.max(0, depth - 1);
      end();
      line += character;
      at += 1;
    } else if (character === ',') {
      line += ',';
      end();
      at = skipSpace(text, at + 1);
      continue;
    } else if (character === ':') {
      line += ': ';
      at += 1;
    } else {
      const word = /^[-+\w.]+/.exec(text.slice(at, at + 5000))?.[0];
      if (word === undefined) return undefined;
      line += word;
      at += word.length;
    }
    at = skipSpace(text, at);
  }
  lines.push(line);
  return lines;
}

const MOST_STRING = 2000;
