import { HeddleError } from '../errors.ts';

/**
 * A command line as an argument list. No shell ever sees it, so there are no variables, globs, pipes or redirections:
 * - spaces and tabs separate arguments;
 * - '…' keeps everything as it stands; "…" too, except that \" is a quote and \\ a backslash;
 * - a backslash outside double quotes is a character like any other (Windows paths);
 * - a text that starts with [ is a JSON array of strings, for whatever the rule above cannot say.
 */
export function splitCommand(text: string): readonly [program: string, ...args: string[]] {
  const words = text.trimStart().startsWith('[') ? fromJson(text) : fromWords(text);
  const [program, ...args] = words;
  if (program === undefined || program === '') throw wrong('names no program');
  if (words.some((word) => word.includes('\0'))) throw wrong('holds a NUL character');
  return [program, ...args];
}

function fromWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === ' ' || character === '\t' || character === '\n' || character === '\r') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const [inside, end] = quoted(text, at, character);
      word = (word ?? '') + inside;
      at = end;
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What stands between the quotes, and the place of the closing one. */
function quoted(text: string, from: number, quote: string): [string, number] {
  let inside = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === quote) return [inside, at];
    const next = text[at + 1];
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      inside += next;
      at += 1;
    } else inside += character;
  }
  throw wrong(`has a ${quote} at character ${from + 1} that is never closed`);
}

function fromJson(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('starts with [ but is no JSON array');
  }
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) {
    throw wrong('is a JSON array, but not one of strings');
  }
  return value;
}

function wrong(what: string): HeddleError {
  return new HeddleError('usage', `the command ${what}`, {
    remedy: { do: 'write-command' },
  });
}
