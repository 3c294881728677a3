/** Where a setting's value came from; every setting keeps it, and `preflight` and `-v` show it. */
export type Source =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'env_file'; readonly variable: string; readonly path: string }
  | { readonly kind: 'context'; readonly context: string; readonly path: string; readonly field: string }
  /** The context that `nats context select` chose; only a context's name comes from here. */
  | { readonly kind: 'selection'; readonly path: string }
  | { readonly kind: 'default' };

/** For people, as in `from …`. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return `flag ${source.flag}`;
    case 'environment':
      return `environment ${source.variable}`;
    case 'env_file':
      return `.env (${source.path}) ${source.variable}`;
    case 'context':
      return `NATS context '${source.context}' (${source.path})`;
    case 'selection':
      return `selected in ${source.path}`;
    case 'default':
      return 'default';
  }
}

const SPECIFICITY: Readonly<Record<Source['kind'], number>> = {
  flag: 4,
  environment: 3,
  env_file: 2,
  context: 1,
  selection: 1,
  default: 0,
};

/** flag > environment > .env > NATS context > default. */
export function specificity(source: Source): number {
  return SPECIFICITY[source.kind];
}
