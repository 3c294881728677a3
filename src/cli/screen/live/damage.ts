import type { Row } from './row.ts';

/**
 * What has to be written so that a terminal that shows `before` shows `after`: the cells that differ, in their places, and
 * nothing else. Nothing is ever cleared, so nothing flickers; where nothing differs, nothing is written. Of a terminal that
 * may show anything (`before` undefined) every cell is written. Expects that the terminal wraps no lines, and leaves no look on.
 */
export function damage(before: readonly Row[] | undefined, after: readonly Row[]): string {
  const pen = new Pen();
  for (const [at, row] of after.entries()) {
    const was = before?.[at];
    if (was !== row) damageOfRow(pen, at, was, row);
  }
  return pen.end();
}

/** As many unchanged cells between two that changed are written again: to jump over them takes as many bytes. */
const SHORT_JUMP = 4;

function damageOfRow(pen: Pen, at: number, was: Row | undefined, { texts, looks }: Row): void {
  // Where our idea of a character's width may not be the terminal's, it is told the place of what follows, all of it.
  let whole = was === undefined || was.texts.length !== texts.length;
  let kept = 0;
  for (let column = 0; column < texts.length; column += 1) {
    const text = texts[column] ?? '';
    const old = was?.texts[column];
    if (!whole && text === old && looks[column] === was?.looks[column]) {
      kept += 1;
      continue;
    }
    if (text === '') {
      // Written with its first half, which differs as well: what stands in one column there cannot be wide.
      kept = 0;
      continue;
    }
    let from = kept > 0 && kept <= SHORT_JUMP && pen.isAt(at, column - kept) ? column - kept : column;
    if (old !== undefined && old !== '' && !isSure(old)) whole = true;
    for (; from <= column; from += 1) {
      const each = texts[from] ?? '';
      if (each === '') continue;
      pen.write(at, from, each, looks[from] ?? '', texts[from + 1] === '' ? 2 : 1);
      if (!isSure(each)) whole = true;
    }
    kept = 0;
  }
}

/** Characters of which every terminal has the same idea, whatever its fonts, its age and the language of its owner. */
function isSure(text: string): boolean {
  if (text.length !== 1) return false;
  const code = text.charCodeAt(0);
  return code < 0x7f || (code >= 0x4e00 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3);
}

/** Knows where the terminal's cursor is, as far as that is sure, and which look is on. */
class Pen {
  #out = '';
  #look = '';
  #row = -1;
  #column = -1;

  isAt(row: number, column: number): boolean {
    return this.#row === row && this.#column === column;
  }

  write(row: number, column: number, text: string, look: string, width: number): void {
    if (!this.isAt(row, column)) this.#out += `\u001b[${row + 1};${column + 1}H`;
    if (look !== this.#look) this.#out += look === '' ? '\u001b[0m' : `\u001b[0;${look}m`;
    this.#look = look;
    this.#row = row;
    this.#column = isSure(text) ? column + width : -1;
    // Where it takes one column only, the other must not show what stood there.
    if (width === 2 && !isSure(text)) this.#out += `  \u001b[${row + 1};${column + 1}H`;
    this.#out += text;
  }

  end(): string {
    return this.#look === '' ? this.#out : `${this.#out}\u001b[0m`;
  }
}
