const COMMENT = /#[ \t]*heddle-ts-disable-next-line[ \t]+([a-z0-9,\- \t]+)/;

/**
 * `# heddle-ts-disable-next-line <rule>[, <rule>]`: the rules that are silent on the line after the comment (and after
 * further comments), by line number.
 */
export function disabledRules(text: string): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>();
  if (!text.includes('heddle-ts-disable-next-line')) return found;
  const lines = text.split(/\r\n|\r|\n/);
  let waiting: string[] = [];
  lines.forEach((line, index) => {
    const comment = COMMENT.exec(line);
    if (comment !== null) waiting.push(...comment[1]!.split(/[\s,]+/).filter((name) => name !== ''));
    if (/^\s*(?:#|$)/.test(line) || waiting.length === 0) return;
    // A comment behind a value speaks of the line after it.
    const target = comment === null ? index + 1 : index + 2;
    found.set(target, new Set([...(found.get(target) ?? []), ...waiting]));
    waiting = [];
  });
  return found;
}
