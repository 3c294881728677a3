/** Freezes what JSON.parse made, to the bottom; no recursion, because nesting is the sender's choice. */
export function freezeDeep<T extends object>(root: T): Readonly<T> {
  const open: object[] = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    Object.freeze(at);
    for (const value of Object.values(at)) if (typeof value === 'object' && value !== null) open.push(value);
  }
  return root;
}
