import type { TestContext } from 'node:test';
import type { Bucket } from '../../src/store/bucket.ts';
import type { Stream } from '../../src/store/stream.ts';

/** A kind of store that is held to the promises of test/store/promises.ts. */
export interface StoreHome {
  readonly name: string;
  start(t: TestContext): Promise<RunningStore>;
}

/** A store of one test's own; it ends with the test. */
export interface RunningStore {
  /** Each call opens anew: two of one name stand for two users of it, where the home has more than one. */
  stream(name: string): Promise<Stream>;
  bucket(name: string): Promise<Bucket>;
  /** What a name is opened as by somebody who only reads, perhaps in another process. */
  reader?(name: string): Promise<Stream>;
}
