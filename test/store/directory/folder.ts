import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DirectoryBucket } from '../../../src/store/directory/bucket.ts';
import type { DirectoryOptions } from '../../../src/store/directory/kept-folder.ts';
import type { LogNews } from '../../../src/store/directory/recover.ts';
import { DirectoryStream } from '../../../src/store/directory/stream.ts';

/** A folder of one test's own, and whatever is opened in it; both end with the test. */
export interface StoreFolder {
  readonly path: string;
  /** What writers found when they began. */
  readonly news: LogNews[];
  /** A stream named `s`. */
  stream(options?: Partial<DirectoryOptions>): DirectoryStream;
  /** A bucket named `b`. */
  bucket(options?: Partial<DirectoryOptions>): DirectoryBucket;
  /** The segments of the stream or the bucket, as paths, in order. */
  segments(of?: 'stream' | 'bucket'): string[];
}

export function storeFolder(t: TestContext): StoreFolder {
  const path = mkdtempSync(join(tmpdir(), 'heddle-store-'));
  const opened: { close(): Promise<void> }[] = [];
  const news: LogNews[] = [];
  t.after(async () => {
    for (const each of opened) await each.close();
    rmSync(path, { recursive: true, force: true });
  });
  const tell = (each: LogNews): void => void news.push(each);
  return {
    path,
    news,
    stream(options) {
      const stream = new DirectoryStream('s', { path, tell, ...options });
      opened.push(stream);
      return stream;
    },
    bucket(options) {
      const bucket = new DirectoryBucket('b', { path, tell, ...options });
      opened.push(bucket);
      return bucket;
    },
    segments(of = 'stream') {
      const folder = of === 'stream' ? join(path, 'streams', 's') : join(path, 'buckets', 'b');
      return readdirSync(folder)
        .filter((name) => name.endsWith('.segment'))
        .sort()
        .map((name) => join(folder, name));
    },
  };
}
