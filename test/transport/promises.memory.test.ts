import { createMemoryBus } from '../../src/transport/memory.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { keepsPromises } from './promises.ts';

noLeaks();

keepsPromises({
  name: 'the in-memory bus',
  async start(t, setup) {
    const bus = createMemoryBus(setup);
    t.after(() => bus.close());
    return {
      connect: (options) => bus.connect(options),
      kill: async () => bus.stop(),
      revive: async () => bus.start(),
      announceLeaving: () => bus.announceLeaving(),
    };
  },
});
