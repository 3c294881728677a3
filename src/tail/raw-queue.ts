/** One thing that waits: the bytes of a message, or something of ours (a gap) that keeps its place among them. */
export interface Waiting<N> {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Empty for something of ours. Valid until `reclaim`. */
  readonly bytes: Uint8Array;
  readonly note: N | undefined;
  readonly ours: boolean;
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
  readonly ours = new Uint8Array(BLOCK_ENTRIES);
  readonly notes = new Map<number, unknown>();
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
    this.notes.clear();
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
 * Messages in the order they came, as bytes in blocks of their own. The client hands out views into what it read from the
 * socket: one small message kept that way would hold 64 KiB.
 */
export class RawQueue<N = unknown> {
  #blocks: Block[] = [];
  #spent: Block[] = [];
  readonly #pool: BlockPool;
  #count = 0;
  #bytes = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Entries, ours included. */
  get count(): number {
    return this.#count;
  }

  /** What they cost. */
  get bytes(): number {
    return this.#bytes;
  }

  push(subject: string, bytes: Uint8Array, at: number, note?: N): void {
    this.#add(subject, bytes, at, note, 0);
  }

  /** Something of ours, in its place. */
  pushOurs(note: N, at: number): void {
    this.#add('', NOTHING, at, note, 1);
  }

  #add(subject: string, bytes: Uint8Array, at: number, note: N | undefined, ours: 0 | 1): void {
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
    block.ours[index] = ours;
    block.subjects.push(subject);
    if (note !== undefined) block.notes.set(index, note);
    block.count = index + 1;
    this.#count += 1;
    this.#bytes += bytes.length + ENTRY_COST;
  }

  /** What comes next, left in its place. */
  peek(): Waiting<N> | undefined {
    const block = this.#blocks[0];
    return block === undefined ? undefined : entryOf<N>(block, block.head);
  }

  shift(): Waiting<N> | undefined {
    const block = this.#blocks[0];
    if (block === undefined) return undefined;
    const entry = entryOf<N>(block, block.head);
    block.head += 1;
    this.#count -= 1;
    this.#bytes -= entry.bytes.length + ENTRY_COST;
    if (block.head === block.count) {
      this.#blocks.shift();
      this.#spent.push(block);
    }
    return entry;
  }

  /** From now on, the bytes that `shift` gave may be written over. */
  reclaim(): void {
    if (this.#spent.length === 0) return;
    for (const block of this.#spent) this.#pool.give(block);
    this.#spent = [];
  }
}

const NOTHING = new Uint8Array(0);

function entryOf<N>(block: Block, index: number): Waiting<N> {
  const start = index === 0 ? 0 : (block.ends[index - 1] as number);
  return {
    subject: block.subjects[index] as string,
    at: block.ats[index] as number,
    bytes: new Uint8Array(block.bytes.buffer, start, (block.ends[index] as number) - start),
    note: block.notes.size === 0 ? undefined : (block.notes.get(index) as N | undefined),
    ours: block.ours[index] === 1,
  };
}
