const BREAK = 0x0a;

/** Cuts what comes in pieces into lines, without their breaks; undefined stands for one that is longer than `longest` bytes. */
export class Lines {
  readonly #longest: number;
  /** Of a line whose end did not come yet. */
  #parts: Buffer[] = [];
  #length = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The lines that end in this piece; views into it where they lie in it whole. */
  *of(piece: Buffer): Generator<Buffer | undefined, void, undefined> {
    let from = 0;
    for (let end = piece.indexOf(BREAK); end >= 0; end = piece.indexOf(BREAK, from)) {
      this.#keep(piece.subarray(from, end));
      yield this.#take();
      from = end + 1;
    }
    if (from < piece.length) this.#keep(piece.subarray(from));
  }

  /** The last one, when nothing ended it. */
  rest(): (Buffer | undefined)[] {
    return this.#length > 0 ? [this.#take()] : [];
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#longest) this.#parts = [];
    else this.#parts.push(part);
  }

  #take(): Buffer | undefined {
    const parts = this.#parts;
    const line = this.#length > this.#longest ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
