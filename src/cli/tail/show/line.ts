import { displayWidth, truncate } from '../../screen/width.ts';

/** Of a line that nothing limits. */
export const LONGEST_DETAIL = 300;

export type Paint = ((text: string) => string) | undefined;

/** Cells of one line, cut at the width of the terminal. Text is styled after it was cut. */
export class Line {
  readonly #width: number;
  #text = '';
  #used = 0;
  #cut: { text: string; paint: Paint } | undefined;

  constructor(width: number) {
    this.#width = width;
  }

  add(text: string, paint?: Paint, last = false): void {
    if (last && this.#cut === undefined) {
      this.#cut = { text, paint };
      return;
    }
    if (this.#used > 0) {
      this.#text += '  ';
      this.#used += 2;
    }
    this.#text += paint === undefined || text.trim() === '' ? text : paint(text);
    this.#used += displayWidth(text);
  }

  addStyled({ text, width }: { text: string; width: number }): void {
    this.#text += `${this.#used > 0 ? '  ' : ''}${text}`;
    this.#used += width + (this.#used > 0 ? 2 : 0);
  }

  text(ellipsis: string): string {
    if (this.#cut === undefined) return this.#text.trimEnd();
    const { text, paint } = this.#cut;
    const room = Math.min(LONGEST_DETAIL, this.#width - this.#used - 2);
    // In a terminal so narrow that nothing is left, the line wraps, which loses nothing.
    const shown = truncate(text, room < 10 ? 40 : room, ellipsis);
    return `${this.#text}  ${paint === undefined ? shown : paint(shown)}`;
  }
}
