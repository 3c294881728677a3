import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A segment begins with 16 bytes: what it is (8) and its salt (8), of which 4 mark the beginning of each record and 4 begin
 * each checksum. The mark lets a reader find the next record behind damage; and because the salt is random, nobody can hide
 * a record of his own within the data of a message, to be found behind it.
 *
 * One record: the mark (4), the checksum of everything behind it (4), how many bytes follow (4), the sequence (6), the time
 * in milliseconds (6), the length of the description (4), the description as JSON, the data. Numbers are big endian.
 */
const FORMAT = Buffer.from('HEDDLE1\n');
export const HEADER_BYTES = 16;
const HEAD = 12;
const FIXED = 16;
const MOST_BODY = 1024 * 1024 * 1024;

/** What is written beside the data; one letter each, because it stands in every record. */
export interface Description {
  /** Subject, id and headers of a message. */
  readonly s?: string | undefined;
  readonly i?: string | undefined;
  readonly h?: Readonly<Record<string, string>> | undefined;
  /** The key of a value. */
  readonly k?: string | undefined;
  /** The key was deleted. */
  readonly d?: 1 | undefined;
}

export interface LogRecord {
  readonly seq: number;
  readonly at: number;
  readonly description: Description;
  readonly data: Uint8Array;
}

/** A record whose sequence and time are not given yet. */
export type Draft = Pick<LogRecord, 'description' | 'data'>;

export interface Salt {
  readonly mark: Buffer;
  readonly seed: number;
}

/** The beginning of a new segment. */
export function newSalt(): { readonly header: Buffer; readonly salt: Salt } {
  const random = randomBytes(HEADER_BYTES - FORMAT.length);
  return {
    header: Buffer.concat([FORMAT, random]),
    salt: { mark: random.subarray(0, 4), seed: random.readUInt32BE(4) },
  };
}

/** Undefined: these bytes begin no segment. */
export function saltOf(header: Buffer): Salt | undefined {
  if (header.length < HEADER_BYTES || !header.subarray(0, FORMAT.length).equals(FORMAT)) return undefined;
  return { mark: Buffer.from(header.subarray(8, 12)), seed: header.readUInt32BE(12) };
}

export function sizeOf({ description, data }: Draft): number {
  return HEAD + FIXED + Buffer.byteLength(JSON.stringify(description)) + data.length;
}

export function encode({ seq, at, description, data }: LogRecord, salt: Salt): Buffer {
  const text = Buffer.from(JSON.stringify(description));
  const bytes = Buffer.allocUnsafe(HEAD + FIXED + text.length + data.length);
  bytes.set(salt.mark, 0);
  bytes.writeUInt32BE(bytes.length - HEAD, 8);
  bytes.writeUIntBE(seq, 12, 6);
  bytes.writeUIntBE(at, 18, 6);
  bytes.writeUInt32BE(text.length, 24);
  bytes.set(text, HEAD + FIXED);
  bytes.set(data, HEAD + FIXED + text.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(8), salt.seed), 4);
  return bytes;
}

export interface Decoded {
  readonly record: LogRecord;
  /** Where the next one begins. */
  readonly end: number;
}

/** The record that begins here and where it ends; `short` when it is not all there, `bad` when this is none. */
export function decode(bytes: Buffer, at: number, salt: Salt): Decoded | 'short' | 'bad' {
  // A mark that is cut off may still become one.
  const begun = bytes.subarray(at, at + salt.mark.length);
  if (!begun.equals(salt.mark.subarray(0, begun.length))) return 'bad';
  if (bytes.length - at < HEAD) return 'short';
  const length = bytes.readUInt32BE(at + 8);
  if (length < FIXED || length > MOST_BODY) return 'bad';
  const end = at + HEAD + length;
  if (end > bytes.length) return 'short';
  if (crc32(bytes.subarray(at + 8, end), salt.seed) !== bytes.readUInt32BE(at + 4)) return 'bad';
  const body = at + HEAD + FIXED;
  const text = bytes.readUInt32BE(at + 24);
  const description = readDescription(bytes.toString('utf8', body, Math.min(end, body + text)));
  if (description === undefined) return 'bad';
  return {
    record: {
      seq: bytes.readUIntBE(at + 12, 6),
      at: bytes.readUIntBE(at + 18, 6),
      description,
      data: bytes.subarray(body + text, end),
    },
    end,
  };
}

/** Where the next whole record begins at or behind a place; -1 where none does. */
export function findNext(bytes: Buffer, from: number, salt: Salt): number {
  for (let at = bytes.indexOf(salt.mark, from); at >= 0; at = bytes.indexOf(salt.mark, at + 1)) {
    if (typeof decode(bytes, at, salt) === 'object') return at;
  }
  return -1;
}

/** The checksum says that it is as we wrote it; a later version may have written something else. */
function readDescription(text: string): Description | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
