import { type FileHandle, rm } from 'node:fs/promises';
import { createFile, openFile, replaceFile, syncFolder } from './files.ts';
import { encode, HEADER_BYTES, type LogRecord, newSalt, type Salt } from './record.ts';
import { emptySegment, type Segment, SegmentReader, segmentPath, withRecord } from './segment.ts';

/** The segment that is being written. */
export interface ActiveSegment {
  readonly file: FileHandle;
  readonly salt: Salt;
  segment: Segment;
}

/** The file in which the next records are written. */
export async function newSegment(folder: string, base: number): Promise<ActiveSegment> {
  const file = await createFile(segmentPath(folder, base));
  try {
    const { header, salt } = newSalt();
    await file.write(header, 0, HEADER_BYTES, 0);
    await file.datasync();
    await syncFolder(folder);
    return { file, salt, segment: emptySegment(base) };
  } catch (error) {
    await file.close();
    await rm(segmentPath(folder, base), { force: true });
    throw error;
  }
}

/** All records of a segment at once: it is as large as a segment gets. */
export async function readSegment(folder: string, base: number): Promise<LogRecord[]> {
  const path = segmentPath(folder, base);
  const file = await openFile(path, 'read');
  try {
    const records: LogRecord[] = [];
    const reader = new SegmentReader(file, path);
    for (let batch = await reader.next(); batch.length > 0; batch = await reader.next()) {
      records.push(...batch.map(({ record }) => record));
    }
    return records;
  } finally {
    await file.close();
  }
}

/** The segment with these records in the place of those it had. */
export async function rewriteSegment(folder: string, base: number, records: readonly LogRecord[]): Promise<Segment> {
  const { header, salt } = newSalt();
  let segment = emptySegment(base);
  await replaceFile(segmentPath(folder, base), async (file) => {
    await file.writeFile(header);
    for (const record of records) {
      const bytes = encode(record, salt);
      await file.writeFile(bytes);
      segment = withRecord(segment, record, segment.bytes + bytes.length);
    }
  });
  return segment;
}
