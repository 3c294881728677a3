import { disarmLine } from '../disarm.ts';
import { clusters } from '../width.ts';

/** One line of a screen as its terminal holds it: what stands in each column, and how it looks. */
export interface Row {
  /** Empty in the second column of a wide character. */
  readonly texts: readonly string[];
  /** The parameters of an SGR sequence: `1;31`. Empty: as the terminal writes by itself. */
  readonly looks: readonly string[];
}

/** What may stand on a row, and how. */
export interface RowOptions {
  readonly width: number;
  /** False: the terminal takes other text for something else, so each of its columns becomes a question mark. */
  readonly unicode: boolean;
  /** The row that is chosen, on a terminal that can show it. */
  readonly inverse?: boolean | undefined;
}

/** What the styles of style.ts are made of; whatever else begins with an escape is no text, and is dropped. */
const STYLED = /\u001b\[([\d;]*)m|\u001b(?:\[[\d;?]*[ -/]*[@-~]?)?|[^\u001b]+/g;

/** Lays a line, with the styles of style.ts in it, into columns: cut at the width, filled with blanks. */
export function layRow(line: string, { width, unicode, inverse = false }: RowOptions): Row {
  const texts: string[] = [];
  const looks: string[] = [];
  const look = new Look(inverse);
  for (const [part, parameters] of line.matchAll(STYLED)) {
    if (parameters !== undefined) look.turn(parameters);
    else if (!part.startsWith('\u001b') && !layText(visible(part), look.words, { width, unicode, texts, looks })) break;
  }
  while (texts.length < width) {
    texts.push(' ');
    looks.push(inverse ? INVERSE : '');
  }
  return { texts, looks };
}

/** False when the row is full. */
function layText(
  text: string,
  look: string,
  { width, unicode, texts, looks }: { width: number; unicode: boolean; texts: string[]; looks: string[] },
): boolean {
  for (const cluster of clusters(text)) {
    if (cluster.width === 0) continue;
    if (texts.length + cluster.width > width) return false;
    const plain = PRINTABLE.test(cluster.text);
    for (let column = 0; column < cluster.width; column += 1) {
      texts.push(plain || unicode ? (column === 0 ? cluster.text : '') : '?');
      looks.push(look);
    }
  }
  return true;
}

/** Whatever made a line: what acts is no text, and what hides or turns text is shown. */
function visible(text: string): string {
  return PLAIN.test(text) ? text : disarmLine(text.replace(/[\x00-\x1f\x7f-\x9f]/g, ''));
}

const PLAIN = /^[ -~]*$/;
const PRINTABLE = /^[ -~]$/;
const INVERSE = '7';

/** What is switched on, while a line is read from left to right. */
class Look {
  words: string;
  readonly #always: boolean;
  #strong = false;
  #faint = false;
  #inverse = false;
  #color = '';

  constructor(inverse: boolean) {
    this.#always = inverse;
    this.words = inverse ? INVERSE : '';
  }

  turn(parameters: string): void {
    if (parameters.startsWith('38;')) this.#color = parameters;
    else for (const each of parameters.split(';')) this.#one(Number(each));
    const on = [this.#strong && '1', this.#faint && '2', (this.#always || this.#inverse) && INVERSE, this.#color];
    this.words = on.filter((each) => each !== false && each !== '').join(';');
  }

  #one(code: number): void {
    if (code === 1) this.#strong = true;
    else if (code === 2) this.#faint = true;
    else if (code === 7) this.#inverse = true;
    else if (code === 22) {
      this.#strong = false;
      this.#faint = false;
    } else if (code === 27) this.#inverse = false;
    else if (code === 39) this.#color = '';
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.#color = String(code);
    else if (code === 0) {
      this.#strong = false;
      this.#faint = false;
      this.#inverse = false;
      this.#color = '';
    }
  }
}
