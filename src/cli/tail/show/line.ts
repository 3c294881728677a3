import { displayWidth, truncate } from '../../screen/width.ts';

/** Of a line that nothing limits. */
export const LONGEST_DETAIL = 300;

export type Paint = ((text: string) => string) | undefined;

/** Under the first cell behind the time. */
const INDENT = 14;
/** Where less is left, a detail has no room. */
const SHORTEST_DETAIL = 10;

/** Cells of one line, cut at the width of the terminal. Text is styled after it was cut. */
export class Line {
  readonly #width: number;
  readonly #goesOn: boolean;
  #text = '';
  #used = 0;
  #cut: { text: string; paint: Paint } | undefined;

  /** `goesOn`: a cell that has no room stands on a line of its own below, whole. */
  constructor(width: number, goesOn = false) {
    this.#width = width;
    this.#goesOn = goesOn;
  }

  add(text: string, paint?: Paint, last = false): void {
    if (last && this.#cut === undefined) {
      this.#cut = { text, paint };
      return;
    }
    this.addStyled({
      text: paint === undefined || text.trim() === '' ? text : paint(text),
      width: displayWidth(text),
      taken: displayWidth(text.trimEnd()),
    });
  }

  /** `taken`: of its width, what is no blank at its end. */
  addStyled({ text, width, taken = width }: { text: string; width: number; taken?: number }): void {
    const begins = this.#goesOn && (this.#used === INDENT || this.#used + 2 + taken > this.#width);
    // Below stands what there is, and no column that is empty.
    if (begins && taken === 0) return;
    if (begins && this.#used > INDENT) this.#nextLine();
    else if (this.#used > 0 && !begins) {
      this.#text += '  ';
      this.#used += 2;
    }
    this.#text += text;
    this.#used += width;
  }

  #nextLine(): void {
    this.#text = `${this.#text.trimEnd()}\n${' '.repeat(INDENT)}`;
    this.#used = INDENT;
  }

  text(ellipsis: string): string {
    if (this.#cut === undefined) return this.#text.trimEnd();
    const { text, paint } = this.#cut;
    if (
      this.#goesOn &&
      this.#width - this.#used - 2 < Math.max(SHORTEST_DETAIL, Math.min(text.length, LONGEST_DETAIL / 4))
    )
      this.#nextLine();
    const gap = this.#goesOn && this.#used === INDENT ? '' : '  ';
    const room = Math.min(LONGEST_DETAIL, this.#width - this.#used - gap.length);
    // In a terminal so narrow that nothing is left, the line wraps, which loses nothing.
    const shown = truncate(text, room < SHORTEST_DETAIL ? 40 : room, ellipsis);
    return `${this.#text}${gap}${paint === undefined ? shown : paint(shown)}`;
  }
}
