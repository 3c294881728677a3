import { displayWidth, truncate } from './width.ts';

/** A piece of a line that says several things. */
export interface Part {
  readonly text: string;
  /** The higher, the sooner it is left out where there is no room. */
  readonly rank: number;
  readonly style?: ((text: string) => string) | undefined;
}

const GAP = '  ';

/** As many of the parts as fit on one line, in their order; the last that is left is cut. */
export function fitParts(parts: readonly Part[], width: number, ellipsis: string): string {
  const shown = parts.filter(({ text }) => text !== '');
  const length = (): number =>
    shown.reduce((sum, { text }) => sum + displayWidth(text), GAP.length * (shown.length - 1));
  while (shown.length > 1 && length() > width) {
    const worst = Math.max(...shown.map(({ rank }) => rank));
    shown.splice(
      shown.findLastIndex(({ rank }) => rank === worst),
      1,
    );
  }
  return shown.map(({ text, style }) => styled(truncate(text, width, ellipsis), style)).join(GAP);
}

function styled(text: string, style: Part['style']): string {
  return style === undefined ? text : style(text);
}
