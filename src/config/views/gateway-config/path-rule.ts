/** Which paths may be watched, segment by segment. */
export interface PathRule {
  readonly segments: readonly PathSegment[];
  /** Further segments may follow, one at least. */
  readonly open: boolean;
}

export type PathSegment =
  | { readonly is: 'text'; readonly text: string }
  /** The user who asks, and nobody else. */
  | { readonly is: 'user' }
  | { readonly is: 'any' };

const REST = new Set(['…', '...', '**']);

/** `chat_threads/{user}/…`; undefined for what is none. */
export function readPathRule(text: string): PathRule | undefined {
  const written = text.split('/');
  const open = REST.has(written.at(-1) ?? '');
  const segments: PathSegment[] = [];
  for (const segment of open ? written.slice(0, -1) : written) {
    if (segment === '{user}') segments.push({ is: 'user' });
    else if (segment === '*') segments.push({ is: 'any' });
    else if (segment === '' || /[{}*…]/.test(segment) || segment === '.' || segment === '..') return undefined;
    else segments.push({ is: 'text', text: segment });
  }
  return segments.length === 0 ? undefined : { segments, open };
}

/** Compared, not only shaped: a segment that stands for the user is the user's id, letter by letter. */
export function ruleAllows({ segments, open }: PathRule, path: readonly string[], user: string): boolean {
  if (open ? path.length <= segments.length : path.length !== segments.length) return false;
  return segments.every((segment, at) => {
    if (segment.is === 'any') return true;
    return path[at] === (segment.is === 'user' ? user : segment.text);
  });
}
