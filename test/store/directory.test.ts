import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBucket, openStream } from '../../src/store/open.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { keepsStorePromises } from './promises.ts';

noLeaks();

keepsStorePromises({
  name: 'a directory',
  async start(t) {
    const path = mkdtempSync(join(tmpdir(), 'heddle-store-'));
    const opened: { close(): Promise<void> }[] = [];
    t.after(async () => {
      for (const each of opened) await each.close();
      rmSync(path, { recursive: true, force: true });
    });
    return {
      async stream(name) {
        const stream = await openStream({ home: 'directory', path }, name);
        opened.push(stream);
        return stream;
      },
      async bucket(name) {
        const bucket = await openBucket({ home: 'directory', path }, name);
        opened.push(bucket);
        return bucket;
      },
    };
  },
});
