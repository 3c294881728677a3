/** Where a setting's value came from; every setting keeps it, and `preflight` and `-v` show it. */
export type Source =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** `named`: by a flag, so it is the user's own; the one that merely lies in the working directory may be anybody's. */
  | { readonly kind: 'env_file'; readonly variable: string; readonly path: string; readonly named: boolean }
  | {
      readonly kind: 'context';
      readonly context: string;
      readonly path: string;
      readonly field: string;
      /** Its file lies in the working directory, outside the user's own folder of contexts. */
      readonly local: boolean;
    }
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

/** Does it stand in a file that came with the working directory? Then it gets nothing from outside it. */
export function isLocal(source: Source): boolean {
  return (source.kind === 'env_file' && !source.named) || (source.kind === 'context' && source.local);
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
