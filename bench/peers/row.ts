import type { PeerName } from './found.ts';

/** One thing that was measured of us and of whoever does it as well. */
export interface Row {
  readonly group: string;
  readonly what: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly ours: Figure;
  readonly theirs: readonly (Figure & { readonly who: PeerName | 'node' })[];
  /** What a reader has to know to take the figures for what they are. */
  readonly note?: string;
}

export interface Figure {
  readonly command: string;
  readonly value: number;
}

/** How much of theirs ours is. */
export function ratioOf({ ours }: Row, theirs: Figure): number {
  return ours.value / theirs.value;
}

/** A tenth is what a machine does from run to run. */
export function standing(row: Row, theirs: Figure): 'won' | 'lost' | 'even' {
  const ratio = row.better === 'less' ? ratioOf(row, theirs) : 1 / ratioOf(row, theirs);
  return ratio > 1.1 ? 'lost' : ratio < 1 / 1.1 ? 'won' : 'even';
}
