import type { ScalarStyle } from './node.ts';

/** A line that ends a document ends a joined stretch too. */
const MARKER = /^(?:---|\.\.\.)(?=\s|$)/;

/**
 * PyYAML lets the lines of a [] or {} and of a quoted value start at any column, the `yaml` package wants them indented. This gives a text of the
 * same length with every such line break and comment replaced by spaces, so that positions stay true.
 */
export function joinFlowLines(text: string): string {
  const out: string[] = [];
  let depth = 0;
  let copied = 0;
  let at = 0;
  const blank = (from: number, to: number): void => {
    out.push(text.slice(copied, from), ' '.repeat(to - from));
    copied = to;
  };
  while (at < text.length) {
    const char = text[at]!;
    const atStart =
      (char === '"' || char === "'" || char === '[' || char === '{') &&
      (depth > 0 ? /[\s[\]{},:]/.test(text[at - 1]!) : startsValue(text, at));
    if ((char === '"' || char === "'") && atStart) {
      const end = quotedEnd(text, at, char);
      for (let i = text.indexOf('\n', at); i !== -1 && i < end; i = text.indexOf('\n', i + 1)) {
        if (!MARKER.test(text.slice(i + 1, i + 5))) blank(i, i + 1);
      }
      at = end;
    } else if (char === '#' && (at === 0 || (depth > 0 ? /[\s[{,]/ : /\s/).test(text[at - 1]!))) {
      const end = text.indexOf('\n', at);
      const stop = end === -1 ? text.length : end;
      if (depth > 0) blank(at, stop);
      at = stop;
    } else if (depth === 0 && (char === '|' || char === '>') && startsValue(text, at)) {
      at = blockEnd(text, at);
    } else if ((char === '[' || char === '{') && atStart) {
      depth += 1;
      at += 1;
    } else if ((char === ']' || char === '}') && depth > 0) {
      depth -= 1;
      at += 1;
    } else if (depth > 0 && (char === '\n' || char === '\r')) {
      if (!MARKER.test(text.slice(at + 1, at + 5))) blank(at, at + 1);
      at += 1;
    } else {
      at += 1;
    }
  }
  out.push(text.slice(copied));
  return out.join('');
}

/** A | or > of a block value on a line of its own, below its key and not indented more. */
const LONE_HEADER =
  /^( *)([^\s#'"[{][^\n]*:)((?:[ \t]+#[^\n]*|[ \t]*)\n\1)(?=[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?:\n|$))/gm;

export function standsAlone(text: string): boolean {
  return text.search(LONE_HEADER) !== -1;
}

/** PyYAML takes such a header, the `yaml` package wants it behind the key. The text keeps its length. */
export function joinHeaders(text: string): string {
  return text.replace(
    LONE_HEADER,
    (_, indent: string, key: string, gap: string) => indent + key + ' '.repeat(gap.length),
  );
}

/** Nothing but an indicator, a tag or an anchor stands before it on its line. */
function startsValue(text: string, at: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /(?:^|[:?-]\s|\s[!&]\S*\s)\s*$/.test(line);
}

/** The end of a block scalar: its lines are blank or indented more than the line that opens it. */
function blockEnd(text: string, at: number): number {
  const lineStart = text.lastIndexOf('\n', at) + 1;
  const header = /[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n/y;
  header.lastIndex = at;
  if (!header.test(text)) return at + 1;
  const indent = /^[ -]*/.exec(text.slice(lineStart, at))![0].length;
  const line = /[^\n]*\n?/y;
  let end = header.lastIndex;
  while (end < text.length) {
    line.lastIndex = end;
    const found = line.exec(text)![0];
    const spaces = /^ */.exec(found)![0].length;
    if (found.trim() !== '' && spaces <= indent) break;
    end += found.length;
  }
  return end;
}

function quotedEnd(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length) {
    const char = text[at];
    if (quote === '"' && char === '\\') at += 2;
    else if (char === quote && quote === "'" && text[at + 1] === "'") at += 2;
    else if (char === quote) return at + 1;
    else at += 1;
  }
  return text.length;
}

/** The value of a scalar that was joined: its lines as they stand in the file, indented anew and read on their own. */
export function refoldable(lines: string, style: ScalarStyle): string | undefined {
  if (style === 'plain' && /\s#/.test(lines)) return undefined;
  return lines.replace(/\r?\n[ \t]*/g, '\n ');
}
