import type { ScalarStyle } from './node.ts';

/** The parts of the parser's nodes that are read here, so that only document.ts needs to know the parser. */
export interface RawNode {
  range?: readonly number[] | null | undefined;
  tag?: string | undefined;
  anchor?: string | undefined;
}

export interface RawScalar extends RawNode {
  source?: string | undefined;
  type?: string | undefined;
}

export interface RawAlias extends RawNode {
  source: string;
}

export interface RawPair {
  key: unknown;
  value: unknown;
}

export interface RawMap extends RawNode {
  items: readonly RawPair[];
  flow?: boolean | undefined;
}

export interface RawSeq extends RawNode {
  items: readonly unknown[];
  flow?: boolean | undefined;
}

export type Classify = (node: unknown) => 'map' | 'seq' | 'alias' | 'scalar';

export function startOf(raw: RawNode): number {
  return raw.range?.[0] ?? 0;
}

export function placeOf(raw: RawNode): readonly [number, number] {
  return [raw.range?.[0] ?? 0, raw.range?.[1] ?? 0];
}

export function styleOf(type: string | undefined): ScalarStyle {
  if (type === undefined || type === 'PLAIN') return 'plain';
  if (type === 'QUOTE_DOUBLE') return 'double';
  return type === 'QUOTE_SINGLE' ? 'single' : 'block';
}

/** The parser ends the last line of a block value at the end of a file, too; PyYAML leaves it as it is written. */
export function asItEnds(value: string, written: string): string {
  const lastLine = written.slice(written.lastIndexOf('\n') + 1);
  return value.endsWith('\n') && /[^ ]/.test(lastLine) ? value.slice(0, -1) : value;
}
