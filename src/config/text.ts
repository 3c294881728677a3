import { isUtf8 } from 'node:buffer';
import type { DocumentProblem } from './problem.ts';

/** A larger file is refused before it is read into memory. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

export const BYTE_ORDER_MARK = 0xfeff;

export interface Position {
  /** Both count from 1; a column counts UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
}

/** Everything that PyYAML's reader lets through. */
const FORBIDDEN = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ASCII_PRINTABLE = /^[\t\n\x20-\x7e]*$/;

export function decode(bytes: Uint8Array): { text: string; problem?: DocumentProblem } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isUtf8(buffer)) {
    const utf16 =
      buffer.length >= 2 && ((buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff));
    return {
      text: '',
      problem: {
        code: 'encoding',
        message: utf16 ? 'the file is UTF-16, configs are read as UTF-8' : 'the file is not valid UTF-8',
        hint: 'Save it as UTF-8.',
        offset: 0,
        python: 'crash',
      },
    };
  }
  const text = buffer.toString('utf8');
  // One byte order mark is skipped by PyYAML and hidden by editors; columns of the first line would be off by one with it.
  return { text: text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text };
}

/** NUL, other control characters and U+FFFE: PyYAML refuses the file, the `yaml` package would read on. */
export function forbiddenCharacter(text: string): DocumentProblem | undefined {
  if (ASCII_PRINTABLE.test(text)) return undefined;
  const found = FORBIDDEN.exec(text);
  if (found === null) return undefined;
  const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'control_character',
    message: `the character U+${code} is not allowed in YAML`,
    hint: 'Remove it, or write it as an escape in a double-quoted string.',
    offset: found.index,
    python: 'invalid',
  };
}

/**
 * The text as PyYAML sees its lines: a lone CR, NEL, LS and PS break a line there and do not in YAML 1.2.
 * Lengths stay the same, so every offset stays true.
 */
export function withPlainBreaks(text: string): string {
  return /\r(?!\n)|[\x85\u2028\u2029]/.test(text) ? text.replace(/\r(?!\n)|[\x85\u2028\u2029]/g, '\n') : text;
}

/** Offsets to lines, worked out only when somebody asks. */
export class LineIndex {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get #lines(): number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    const text = this.#text;
    if (text.includes('\r')) {
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
      }
    } else {
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    }
    this.#starts = starts;
    return starts;
  }

  position(offset: number): Position {
    const starts = this.#lines;
    const at = Math.max(0, Math.min(offset, this.#text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - starts[low]! + 1 };
  }

  /** The text of one line, without its break; empty beyond the end. */
  line(number: number): string {
    const starts = this.#lines;
    const start = starts[number - 1];
    if (start === undefined) return '';
    return this.#text.slice(start, starts[number] ?? this.#text.length).replace(/[\r\n]+$/, '');
  }
}
