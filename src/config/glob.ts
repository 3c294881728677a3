/** One path segment of a glob: `*`, `?`, `[a-z]`, `[!a-z]` and plain characters. */
type Part =
  | { is: 'star' }
  | { is: 'any' }
  | { is: 'char'; char: string }
  | { is: 'set'; not: boolean; ranges: [string, string][] };

export function hasGlob(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/** `a{b,c}d` becomes `abd` and `acd`; nested braces too. At most `limit` results, so that `{a,b}{a,b}...` stays harmless. */
export function expandBraces(pattern: string, limit = 1000): string[] {
  const done: string[] = [];
  const waiting = [pattern];
  while (waiting.length > 0 && done.length < limit) {
    const next = waiting.shift()!;
    const group = firstGroup(next);
    if (group === undefined) done.push(next);
    else waiting.unshift(...group.choices.slice(0, limit).map((choice) => group.before + choice + group.after));
  }
  return done;
}

function firstGroup(pattern: string): { before: string; choices: string[]; after: string } | undefined {
  for (let open = pattern.indexOf('{'); open !== -1; open = pattern.indexOf('{', open + 1)) {
    let depth = 0;
    let from = open + 1;
    const choices: string[] = [];
    for (let at = open; at < pattern.length; at++) {
      const char = pattern[at];
      if (char === '{') depth += 1;
      else if (char === ',' && depth === 1) {
        choices.push(pattern.slice(from, at));
        from = at + 1;
      } else if (char === '}' && --depth === 0) {
        if (choices.length === 0) break;
        choices.push(pattern.slice(from, at));
        return { before: pattern.slice(0, open), choices, after: pattern.slice(at + 1) };
      }
    }
  }
  return undefined;
}

/** Whether a file name fits one segment. Time grows with the product of both lengths at most. */
export function segmentMatcher(segment: string): (name: string) => boolean {
  const parts = parseSegment(segment);
  const leadingDot = segment.startsWith('.');
  return (name) => (leadingDot || !name.startsWith('.')) && matches(parts, [...name]);
}

function parseSegment(segment: string): Part[] {
  const chars = [...segment];
  const parts: Part[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') {
      if (parts.at(-1)?.is !== 'star') parts.push({ is: 'star' });
    } else if (char === '?') parts.push({ is: 'any' });
    else if (char === '[') {
      const close = chars.indexOf(']', at + 2);
      if (close === -1) parts.push({ is: 'char', char });
      else {
        parts.push(parseSet(chars.slice(at + 1, close)));
        at = close;
      }
    } else parts.push({ is: 'char', char });
  }
  return parts;
}

function parseSet(chars: string[]): Part {
  const not = chars[0] === '!' || chars[0] === '^';
  const body = not ? chars.slice(1) : chars;
  const ranges: [string, string][] = [];
  for (let at = 0; at < body.length; at++) {
    if (body[at + 1] === '-' && at + 2 < body.length) {
      ranges.push([body[at]!, body[at + 2]!]);
      at += 2;
    } else ranges.push([body[at]!, body[at]!]);
  }
  return { is: 'set', not, ranges };
}

function matches(parts: readonly Part[], name: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const current = parts[part];
    if (current?.is === 'star') {
      star = part++;
      resume = at;
    } else if (current !== undefined && fits(current, name[at]!)) {
      part += 1;
      at += 1;
    } else if (star !== -1) {
      // Let the last star take one character more.
      part = star + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part]?.is === 'star') part += 1;
  return part === parts.length;
}

function fits(part: Part, char: string): boolean {
  if (part.is === 'any') return true;
  if (part.is === 'char') return part.char === char;
  if (part.is === 'set') return part.ranges.some(([low, high]) => char >= low && char <= high) !== part.not;
  return false;
}
