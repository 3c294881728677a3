/** One line of input, or why it could not be read. Blank lines are counted and left out. */
export type Line =
  | { readonly number: number; readonly text: string; readonly problem?: undefined }
  | { readonly number: number; readonly problem: string; readonly text?: undefined };

/** A longer line is no task: servers take 1 MiB as a rule, and memory must stay flat. */
export const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Lines of UTF-8 bytes, a chunk's worth at a time: one decoding and one split for hundreds of lines. The reader decides
 * when the next chunk is read, so nothing piles up.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, longest = LONGEST_LINE): AsyncGenerator<Line[]> {
  const reader = new LineReader(longest);
  for await (const chunk of chunks) {
    const lines = reader.take(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class LineReader {
  readonly #longest: number;
  /** The beginning of a line whose end has not come. */
  #rest: Uint8Array[] = [];
  #restLength = 0;
  /** Bytes of a line too long are not kept. */
  #overlong = false;
  #number = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  take(chunk: Uint8Array): Line[] {
    const lastNewline = chunk.lastIndexOf(NEWLINE);
    if (lastNewline < 0) {
      this.#keep(chunk);
      return [];
    }
    const lines: Line[] = [];
    let from = 0;
    if (this.#overlong || this.#restLength > 0) {
      const end = chunk.indexOf(NEWLINE);
      this.#keep(chunk.subarray(0, end));
      lines.push(...this.end());
      from = end + 1;
    }
    if (from <= lastNewline) this.#decode(chunk.subarray(from, lastNewline), lines);
    this.#keep(chunk.subarray(lastNewline + 1));
    return lines;
  }

  /** The line that was kept, complete now. */
  end(): Line[] {
    const lines: Line[] = [];
    if (this.#overlong) {
      this.#number += 1;
      lines.push({ number: this.#number, problem: `is longer than ${this.#longest} bytes` });
    } else if (this.#restLength > 0) this.#decode(Buffer.concat(this.#rest, this.#restLength), lines);
    this.#rest = [];
    this.#restLength = 0;
    this.#overlong = false;
    return lines;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#overlong) return;
    this.#restLength += bytes.length;
    if (this.#restLength > this.#longest) {
      this.#overlong = true;
      this.#rest = [];
    } else this.#rest.push(bytes);
  }

  #decode(block: Uint8Array, lines: Line[]): void {
    let text: string;
    try {
      text = UTF8.decode(block);
    } catch {
      return this.#decodeOneByOne(block, lines);
    }
    for (const line of text.split('\n')) this.#push(line, lines);
  }

  #decodeOneByOne(block: Uint8Array, lines: Line[]): void {
    for (let from = 0; from <= block.length; ) {
      const newline = block.indexOf(NEWLINE, from);
      const end = newline < 0 ? block.length : newline;
      try {
        this.#push(UTF8.decode(block.subarray(from, end)), lines);
      } catch {
        this.#number += 1;
        lines.push({ number: this.#number, problem: 'is not UTF-8' });
      }
      from = end + 1;
    }
  }

  #push(line: string, lines: Line[]): void {
    this.#number += 1;
    // Editors put a byte order mark at the start of a file; it is no part of the first message.
    const text = this.#number === 1 && line.charCodeAt(0) === 0xfeff ? line.slice(1) : line;
    if (text.length > this.#longest)
      lines.push({ number: this.#number, problem: `is longer than ${this.#longest} bytes` });
    else if (!isBlank(text)) lines.push({ number: this.#number, text });
  }
}

function isBlank(text: string): boolean {
  // JSON begins with a visible character, so one look is enough for nearly every line.
  return text.length === 0 || (text.charCodeAt(0) <= 0x20 && text.trim() === '');
}
