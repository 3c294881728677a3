/** Who gets a message: everyone in `plain`, and one member of each group in `groups`. */
export interface Matched<T> {
  readonly plain: readonly T[];
  readonly groups: readonly (readonly T[])[];
}

/** Collections come with their first member: most levels of a tree of inboxes hold one thing. */
interface Level<T> {
  next: Map<string, Level<T>> | undefined;
  /** Below `*`. */
  any: Level<T> | undefined;
  /** Below `>`. */
  rest: Level<T> | undefined;
  plain: Set<T> | undefined;
  groups: Map<string, Set<T>> | undefined;
}

const CACHED_SUBJECTS = 4096;
/** Of all results together: where a hundred thousand hear everything, each subject would keep a list of all of them. */
const CACHED_MEMBERS = 256 * 1024;
const NOBODY: Matched<never> = { plain: [], groups: [] };

/**
 * Subscriptions by pattern, as a tree of tokens: the cost of a match depends on the depth of the subject, not on how
 * many subscriptions there are. Results are remembered by subject; a change forgets what it could have changed.
 * Patterns and subjects are taken as given: whoever calls refuses the invalid ones. A subject with an empty token
 * matches nothing, as on a NATS server.
 */
export class Sublist<T> {
  readonly #root: Level<T> = level();
  readonly #cache = new Map<string, Matched<T>>();
  #size = 0;
  #cachedMembers = 0;

  get size(): number {
    return this.#size;
  }

  insert(pattern: string, value: T, queue?: string): void {
    const members = membersAt(this.#root, pattern.split('.'), queue);
    if (members.has(value)) return;
    members.add(value);
    this.#size += 1;
    this.#forget(pattern);
  }

  /** False when it was not there. */
  remove(pattern: string, value: T, queue?: string): boolean {
    const removed = removeBelow(this.#root, pattern.split('.'), 0, value, queue);
    if (removed) {
      this.#size -= 1;
      this.#forget(pattern);
    }
    return removed;
  }

  /** The arrays are snapshots: they stay as they are while the list changes. */
  match(subject: string): Matched<T> {
    const known = this.#cache.get(subject);
    if (known !== undefined) return known;
    const found = this.#search(subject);
    const members = membersOf(found);
    if (members > CACHED_MEMBERS) return found;
    if (this.#cache.size >= CACHED_SUBJECTS || this.#cachedMembers + members > CACHED_MEMBERS) this.#forgetAll();
    this.#cache.set(subject, found);
    this.#cachedMembers += members;
    return found;
  }

  #search(subject: string): Matched<T> {
    const tokens = subject.split('.');
    if (this.#size === 0 || tokens.includes('')) return NOBODY;
    const plain: T[] = [];
    const groups = new Map<string, T[]>();
    collect(this.#root, tokens, 0, plain, groups);
    return plain.length === 0 && groups.size === 0 ? NOBODY : { plain, groups: [...groups.values()] };
  }

  #forget(pattern: string): void {
    if (hasWildcard(pattern)) return this.#forgetAll();
    const known = this.#cache.get(pattern);
    if (known === undefined) return;
    this.#cachedMembers -= membersOf(known);
    this.#cache.delete(pattern);
  }

  #forgetAll(): void {
    this.#cache.clear();
    this.#cachedMembers = 0;
  }
}

function membersOf<T>({ plain, groups }: Matched<T>): number {
  return groups.reduce((sum, group) => sum + group.length, plain.length);
}

function level<T>(): Level<T> {
  return { next: undefined, any: undefined, rest: undefined, plain: undefined, groups: undefined };
}

function membersAt<T>(root: Level<T>, tokens: readonly string[], queue: string | undefined): Set<T> {
  let at = root;
  for (const token of tokens) {
    let below = childOf(at, token);
    if (below === undefined) {
      below = level();
      adopt(at, token, below);
    }
    at = below;
  }
  if (queue === undefined) {
    at.plain ??= new Set();
    return at.plain;
  }
  at.groups ??= new Map();
  const group = at.groups.get(queue) ?? new Set<T>();
  at.groups.set(queue, group);
  return group;
}

function childOf<T>(at: Level<T>, token: string): Level<T> | undefined {
  if (token === '*') return at.any;
  return token === '>' ? at.rest : at.next?.get(token);
}

function adopt<T>(at: Level<T>, token: string, child: Level<T>): void {
  if (token === '*') at.any = child;
  else if (token === '>') at.rest = child;
  else {
    at.next ??= new Map();
    at.next.set(token, child);
  }
}

function collect<T>(at: Level<T>, tokens: string[], depth: number, plain: T[], groups: Map<string, T[]>): void {
  if (depth === tokens.length) {
    take(at, plain, groups);
    return;
  }
  if (at.rest !== undefined) take(at.rest, plain, groups);
  if (at.any !== undefined) collect(at.any, tokens, depth + 1, plain, groups);
  const below = at.next?.get(tokens[depth] as string);
  if (below !== undefined) collect(below, tokens, depth + 1, plain, groups);
}

function take<T>(at: Level<T>, plain: T[], groups: Map<string, T[]>): void {
  if (at.plain !== undefined) for (const value of at.plain) plain.push(value);
  if (at.groups === undefined) return;
  // One group is one name, also when its members subscribed with different patterns.
  for (const [name, members] of at.groups) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [...members]);
    else group.push(...members);
  }
}

/** Removes on the way down and prunes empty levels on the way back, so that inboxes leave nothing behind. */
function removeBelow<T>(at: Level<T>, tokens: string[], depth: number, value: T, queue: string | undefined): boolean {
  if (depth === tokens.length) {
    if (queue === undefined) return at.plain?.delete(value) ?? false;
    const members = at.groups?.get(queue);
    const removed = members?.delete(value) ?? false;
    if (members?.size === 0) at.groups?.delete(queue);
    return removed;
  }
  const token = tokens[depth] as string;
  const below = childOf(at, token);
  if (below === undefined || !removeBelow(below, tokens, depth + 1, value, queue)) return false;
  if (isEmpty(below)) {
    if (token === '*') at.any = undefined;
    else if (token === '>') at.rest = undefined;
    else at.next?.delete(token);
  }
  return true;
}

function isEmpty<T>(at: Level<T>): boolean {
  const held = (at.plain?.size ?? 0) + (at.groups?.size ?? 0) + (at.next?.size ?? 0);
  return held === 0 && at.any === undefined && at.rest === undefined;
}

function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('>');
}
