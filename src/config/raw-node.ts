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
