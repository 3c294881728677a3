import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { bucketPromises } from './bucket-promises.ts';
import type { StoreHome } from './home.ts';
import { readingPromises } from './reading-promises.ts';
import { streamPromises } from './stream-promises.ts';

/** Everything that src/store/stream.ts and src/store/bucket.ts promise, for one kind of store. */
export function keepsStorePromises(home: StoreHome, options: { skip?: string | false } = {}): void {
  assert.notEqual(home.name, '');
  describe(`${home.name} keeps the promises of a store`, { skip: options.skip ?? false }, () => {
    streamPromises(home);
    readingPromises(home);
    bucketPromises(home);
  });
}
