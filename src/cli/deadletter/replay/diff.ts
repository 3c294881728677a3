import { disarm } from '../../screen/disarm.ts';
import { prettyJson } from '../../screen/pretty-json.ts';
import type { Style } from '../../screen/style.ts';

/** Longer works are not compared line by line. */
const MOST_LINES = 500;
/** Lines around a change that show where it is. */
const AROUND = 2;

type Line = readonly [sign: ' ' | '-' | '+', text: string];

/** What differs between two messages, as lines. */
export function diffLines(before: string, after: string, style: Style): string[] {
  const [a, b] = [before, after].map((text) => prettyJson(text).split('\n').map(disarm)) as [string[], string[]];
  if (a.length > MOST_LINES || b.length > MOST_LINES) return [`(${a.length} lines before, ${b.length} after)`];
  const lines = compared(a, b);
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(([sign]) => sign !== ' '),
  );
  return lines.flatMap(([sign, text], at) => {
    if (near[at] !== true) return near[at - 1] === true ? ['  …'] : [];
    const line = `${sign} ${text}`;
    return [sign === '-' ? style.bad(line) : sign === '+' ? style.good(line) : style.faint(line)];
  });
}

/** The longest common lines stay; the rest goes or comes. */
function compared(a: readonly string[], b: readonly string[]): Line[] {
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = longest[i] as Uint16Array;
      const next = longest[i + 1] as Uint16Array;
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([' ', a[i] as string]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && (longest[i + 1]?.[j] ?? 0) >= (longest[i]?.[j + 1] ?? 0))) {
      lines.push(['-', a[i] as string]);
      i += 1;
    } else {
      lines.push(['+', b[j] as string]);
      j += 1;
    }
  }
  return lines;
}
