import { openBucket, openStream } from '../../src/store/open.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { keepsStorePromises } from './promises.ts';

noLeaks();

keepsStorePromises({
  name: 'memory',
  async start(t) {
    const closing = (thing: { close(): Promise<void> }): void => t.after(() => thing.close());
    return {
      async stream(name) {
        const stream = await openStream({ home: 'memory' }, name);
        closing(stream);
        return stream;
      },
      async bucket(name) {
        const bucket = await openBucket({ home: 'memory' }, name);
        closing(bucket);
        return bucket;
      },
    };
  },
});
