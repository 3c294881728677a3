import { entryOf, isString, type MapNode } from '../config/node.ts';
import { rememberLast } from './subject.ts';

export interface Stage {
  readonly index: number;
  readonly map: MapNode;
  readonly name: string | undefined;
  /** `pipeline_stages[2]`, as Heddle's messages and our keys name it. */
  readonly path: string;
}

export interface Stages {
  readonly all: readonly Stage[];
  /** The first stage of each name. */
  readonly first: ReadonlyMap<string, number>;
}

/** Many rules ask. */
export const stagesOf = rememberLast(gather);

function gather(root: MapNode): Stages {
  const list = entryOf(root, 'pipeline_stages')?.value;
  const all: Stage[] = [];
  const first = new Map<string, number>();
  if (list?.kind === 'seq') {
    list.items.forEach((map, index) => {
      if (map.kind !== 'map') return;
      const name = entryOf(map, 'name')?.value;
      const text = isString(name) ? name.value : undefined;
      if (text !== undefined && !first.has(text)) first.set(text, index);
      all.push({ index, map, name: text, path: `pipeline_stages[${index}]` });
    });
  }
  return { all, first };
}

/** Heddle's validator goes through the stages once: a name is known from its own stage on. */
export function knownAt({ first }: Stages, name: string, index: number): boolean {
  const at = first.get(name);
  return at !== undefined && at <= index;
}

/** `'...'`: text that goes into the payload as it is. */
export function isLiteral(source: string): boolean {
  return source.startsWith("'") && source.endsWith("'");
}

/** What Python's `str.split()` takes for white space, for conditions. */
export function words(text: string): string[] {
  return text.split(/(?:(?!\ufeff)[\s\x1c-\x1f\x85])+/).filter((word) => word !== '');
}
