const MARK = 'heddle-ts-disable-next-line';
/** No list of rules is longer; a line may have ten million characters. */
const LONGEST = 1000;

export interface DisableComment {
  /** Offset in the text. */
  readonly start: number;
  readonly end: number;
  /** The line that the comment speaks of, from 1: the next that is neither empty nor only a comment. */
  readonly target: number;
  readonly rules: readonly { readonly id: string; readonly start: number }[];
}

/** `# heddle-ts-disable-next-line <rule>[, <rule>] [-- reason]`, wherever it stands. */
export function disableComments(text: string): readonly DisableComment[] {
  if (!text.includes(MARK)) return [];
  const found: DisableComment[] = [];
  let waiting: Omit<DisableComment, 'target'>[] = [];
  let number = 0;
  for (const { 0: line, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    number += 1;
    const comment = commentIn(line, index);
    const own = comment === undefined ? [] : [comment];
    if (/^\s*(?:#|$)/.test(line)) {
      waiting.push(...own);
      continue;
    }
    for (const each of waiting) found.push({ ...each, target: number });
    // A comment behind a value speaks of the line after it.
    waiting = own;
  }
  for (const each of waiting) found.push({ ...each, target: number });
  return found;
}

/** The rules that are silent, by line number. */
export function disabledRules(text: string): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>();
  for (const { target, rules } of disableComments(text)) {
    found.set(target, new Set([...(found.get(target) ?? []), ...rules.map(({ id }) => id)]));
  }
  return found;
}

function commentIn(line: string, offset: number): Omit<DisableComment, 'target'> | undefined {
  const at = line.indexOf(MARK);
  if (at === -1) return undefined;
  const hash = /#[ \t]*$/.exec(line.slice(Math.max(0, at - 20), at));
  const from = at + MARK.length;
  const rest = line.slice(from, from + LONGEST);
  if (hash === null || /^\S/.test(rest)) return undefined;
  // What stands behind `--` is the reason, for people; so is what starts with a character that no rule has.
  const names = /^[\w,\- \t]*/.exec(rest)![0].replace(/[ \t]--.*$/, '');
  return {
    start: offset + at - hash[0].length,
    end: offset + from + names.trimEnd().length,
    rules: [...names.matchAll(/[^\s,]+/g)].map((name) => ({ id: name[0], start: offset + from + name.index })),
  };
}
