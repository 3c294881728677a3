import { type FileHandle, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '../../errors.ts';
import { openFile } from './files.ts';
import { type Decoded, decode, findNext, HEADER_BYTES, type LogRecord, type Salt, saltOf } from './record.ts';

/** What is known of a file of records without reading it. */
export interface Segment {
  /** Its name: no record in it has a lower sequence. */
  readonly base: number;
  /** The lowest and highest sequence in it; one before `base` when there is none. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly bytes: number;
  /** The times of the first and the last record. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const NAME = /^(\d{16})\.segment$/;
const CHUNK_BYTES = 1024 * 1024;

export function segmentPath(folder: string, base: number): string {
  return join(folder, `${String(base).padStart(16, '0')}.segment`);
}

/** The names of the segments in a folder, in order. */
export async function basesIn(folder: string): Promise<number[]> {
  const bases: number[] = [];
  for (const name of await readdir(folder)) {
    const [, base] = NAME.exec(name) ?? [];
    if (base !== undefined) bases.push(Number(base));
  }
  return bases.sort((a, b) => a - b);
}

export function emptySegment(base: number): Segment {
  return { base, first: base, last: base - 1, count: 0, bytes: HEADER_BYTES, firstAt: 0, lastAt: 0 };
}

/** The segment with one more record. */
export function withRecord(segment: Segment, { seq, at }: LogRecord, bytes: number): Segment {
  const { base, count, first, firstAt } = segment;
  const isFirst = count === 0;
  return {
    base,
    first: isFirst ? seq : first,
    last: seq,
    count: count + 1,
    bytes,
    firstAt: isFirst ? at : firstAt,
    lastAt: at,
  };
}

/** Reads the records of a file from front to back, also while it grows. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #path: string;
  #salt: Salt | undefined;
  #position = HEADER_BYTES;
  #damaged = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Undefined as long as the file has no whole beginning: its writer ended while it made it, or is about to. */
  get salt(): Salt | undefined {
    return this.#salt;
  }

  /** Behind the last whole record. */
  get position(): number {
    return this.#position;
  }

  /** Bytes that were passed over because they are no records, with records behind them. */
  get damaged(): number {
    return this.#damaged;
  }

  /** The next records and where each ends; none when there is no whole one before `limit`. */
  async next(limit = Number.POSITIVE_INFINITY): Promise<Decoded[]> {
    this.#salt ??= await this.#readSalt();
    if (this.#salt === undefined) return [];
    const parts: Buffer[] = [];
    for (let length = 0; ; ) {
      const more = await this.#read(this.#position + length, limit);
      parts.push(more);
      length += more.length;
      const found = this.#decode(parts.length === 1 ? more : Buffer.concat(parts), more.length === 0, this.#salt);
      if (found.length > 0 || more.length === 0) return found;
    }
  }

  async #readSalt(): Promise<Salt | undefined> {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await this.#file.read(header, 0, HEADER_BYTES, 0);
    const salt = saltOf(header);
    if (salt === undefined && bytesRead === HEADER_BYTES) {
      throw new HeddleError('store_failed', `${this.#path} is no file of heddle-ts, or of a later version`);
    }
    return salt;
  }

  async #read(from: number, limit: number): Promise<Buffer> {
    const wanted = Math.min(CHUNK_BYTES, limit - from);
    if (wanted <= 0) return Buffer.alloc(0);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(wanted), 0, wanted, from);
    return buffer.subarray(0, bytesRead);
  }

  #decode(bytes: Buffer, isAll: boolean, salt: Salt): Decoded[] {
    const found: Decoded[] = [];
    const start = this.#position;
    let at = 0;
    while (at < bytes.length) {
      const next = decode(bytes, at, salt);
      if (typeof next === 'object') {
        found.push({ record: next.record, end: start + next.end });
        at = next.end;
        continue;
      }
      // What looks cut off may also have a damaged length, which shows when nothing more comes.
      if (next === 'short' && !isAll) break;
      const behind = findNext(bytes, at + 1, salt);
      if (behind < 0) break;
      this.#damaged += behind - at;
      at = behind;
    }
    this.#position = start + at;
    return found;
  }
}

export interface Survey {
  readonly segment: Segment;
  readonly salt: Salt | undefined;
  /** Bytes behind the last whole record. */
  readonly torn: number;
  readonly damaged: number;
}

/** Reads a whole segment to know what is in it. */
export async function surveySegment(folder: string, base: number): Promise<Survey> {
  const path = segmentPath(folder, base);
  const file = await openFile(path, 'read');
  try {
    const { size } = await file.stat();
    const reader = new SegmentReader(file, path);
    let segment = emptySegment(base);
    for (let batch = await reader.next(size); batch.length > 0; batch = await reader.next(size)) {
      for (const { record, end } of batch) segment = withRecord(segment, record, end);
    }
    const { salt, damaged } = reader;
    return { segment, salt, torn: Math.max(0, size - (salt === undefined ? 0 : reader.position)), damaged };
  } finally {
    await file.close();
  }
}
