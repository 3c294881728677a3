/** A message that waits. */
export interface WaitingMessage<N> {
  readonly record: 'waiting';
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Valid until `reclaim`. */
  readonly bytes: Uint8Array;
  readonly note: N | undefined;
}

/** Something of our own that waits in its place among the messages: a gap, figures. */
interface Own {
  readonly record: string;
}

const BLOCK_BYTES = 1024 * 1024;
const BLOCK_ENTRIES = 8192;
/** What one entry costs beside its bytes, so that a flood of empty messages is bounded, too. */
const ENTRY_COST = 128;

class Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly subjects: string[] = [];
  readonly ats = new Float64Array(BLOCK_ENTRIES);
  readonly ends = new Uint32Array(BLOCK_ENTRIES);
  readonly pooled: boolean;
  used = 0;
  count = 0;
  head = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(size));
    this.pooled = size === BLOCK_BYTES;
  }

  fits(length: number): boolean {
    return this.count < BLOCK_ENTRIES && this.used + length <= this.bytes.length;
  }

  clear(): void {
    this.used = 0;
    this.count = 0;
    this.head = 0;
    this.subjects.length = 0;
  }
}

/** Blocks that are free for the next messages; several queues may share them. */
export class BlockPool {
  readonly #free: Block[] = [];
  readonly #most: number;

  /** Keeps at most this many bytes free, in whole blocks. */
  constructor(mostBytes: number) {
    this.#most = Math.max(2, Math.floor(mostBytes / BLOCK_BYTES));
  }

  take(length: number): Block {
    if (length > BLOCK_BYTES) return new Block(length);
    return this.#free.pop() ?? new Block(BLOCK_BYTES);
  }

  give(block: Block): void {
    if (!block.pooled || this.#free.length >= this.#most) return;
    block.clear();
    this.#free.push(block);
  }
}

/**
 * Messages in the order they came, as bytes in blocks of their own, and what is ours in its place among them. The client
 * hands out views into what it read from the socket: one small message kept that way would hold 64 KiB.
 */
export class RawQueue<N, O extends Own> {
  #blocks: Block[] = [];
  #spent: Block[] = [];
  readonly #pool: BlockPool;
  /** Entries that ever went in, and came out: the number of the next one. */
  #pushed = 0;
  #shifted = 0;
  #bytes = 0;
  /** Of few entries; by their numbers. */
  readonly #notes = new Map<number, N>();
  readonly #own = new Map<number, O>();

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Entries, ours included. */
  get count(): number {
    return this.#pushed - this.#shifted;
  }

  /** What they cost. */
  get bytes(): number {
    return this.#bytes;
  }

  push(subject: string, bytes: Uint8Array, at: number, note?: N): void {
    if (note !== undefined) this.#notes.set(this.#pushed, note);
    this.#add(subject, bytes, at);
  }

  pushOwn(own: O): void {
    this.#own.set(this.#pushed, own);
    this.#add('', NOTHING, 0);
  }

  #add(subject: string, bytes: Uint8Array, at: number): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || !block.fits(bytes.length)) {
      block = this.#pool.take(bytes.length);
      this.#blocks.push(block);
    }
    const index = block.count;
    block.bytes.set(bytes, block.used);
    block.used += bytes.length;
    block.ends[index] = block.used;
    block.ats[index] = at;
    block.subjects.push(subject);
    block.count = index + 1;
    this.#pushed += 1;
    this.#bytes += bytes.length + ENTRY_COST;
  }

  /** What comes next, when that is something of ours; left in its place. */
  peekOwn(): O | undefined {
    return this.#own.size === 0 ? undefined : this.#own.get(this.#shifted);
  }

  shift(): WaitingMessage<N> | O | undefined {
    const block = this.#blocks[0];
    if (block === undefined) return undefined;
    const number = this.#shifted;
    const index = block.head;
    const start = index === 0 ? 0 : (block.ends[index - 1] ?? 0);
    const length = (block.ends[index] ?? 0) - start;
    block.head += 1;
    this.#shifted += 1;
    this.#bytes -= length + ENTRY_COST;
    if (block.head === block.count) {
      this.#blocks.shift();
      this.#spent.push(block);
    }
    const own = taken(this.#own, number);
    if (own !== undefined) return own;
    return {
      record: 'waiting',
      subject: block.subjects[index] ?? '',
      at: block.ats[index] ?? 0,
      bytes: new Uint8Array(block.bytes.buffer, start, length),
      note: taken(this.#notes, number),
    };
  }

  /** From now on, the bytes that `shift` gave may be written over. */
  reclaim(): void {
    if (this.#spent.length === 0) return;
    for (const block of this.#spent) this.#pool.give(block);
    this.#spent = [];
  }
}

const NOTHING = new Uint8Array(0);

function taken<T>(from: Map<number, T>, number: number): T | undefined {
  if (from.size === 0) return undefined;
  const found = from.get(number);
  if (found !== undefined) from.delete(number);
  return found;
}
