/** Longer words than this are not typing slips of a name, and are not worth comparing. */
const LONGEST = 64;

/**
 * The candidates that a mistyped word most likely meant, best first; none when nothing is close.
 * Close means: equal but for case, or at most one slip in up to five characters, two in up to eight, three beyond.
 */
export function closest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  if (word.length === 0 || word.length > LONGEST) return [];
  const wanted = word.toLowerCase();
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(candidates)) {
    const allowed = slipsAllowed(Math.max(wanted.length, name.length));
    if (name === word || name.length > LONGEST || Math.abs(name.length - wanted.length) > allowed) continue;
    const distance = editDistance(wanted, name.toLowerCase(), allowed);
    // A word that shares nothing with the candidate ("ls" and "up") is not close, however short both are.
    if (distance <= allowed && distance < Math.min(wanted.length, name.length)) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, limit).map(({ name }) => name);
}

/** `did you mean "x"?`, or nothing when nothing is close, or the word is one of them and no slip. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const known = new Set(candidates);
  if (known.has(word)) return undefined;
  const names = closest(word, known).map((name) => JSON.stringify(name));
  const last = names.pop();
  if (last === undefined) return undefined;
  return `did you mean ${names.length === 0 ? last : `${names.join(', ')} or ${last}`}?`;
}

function slipsAllowed(length: number): number {
  if (length <= 5) return 1;
  return length <= 8 ? 2 : 3;
}

/** Insertions, deletions, replacements and swaps of neighbours; gives up with `limit + 1` once it is out of reach. */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, before[column - 2]! + 1);
      }
      current.push(cost);
      best = Math.min(best, cost);
    }
    // The best of a row never falls again, not even by a swap: a row grows by one at most.
    if (best > limit) return limit + 1;
    before = above;
    above = current;
  }
  return above[b.length]!;
}
