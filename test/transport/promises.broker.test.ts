import { type Broker, startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { keepsPromises } from './promises.ts';

noLeaks();

keepsPromises({
  name: 'the broker',
  async start(t, setup) {
    let broker: Broker = await startBroker(setup);
    const { port, url } = broker;
    t.after(() => broker.close());
    return {
      connect: (options) => connect({ servers: [url], ...options }),
      kill: () => broker.close(),
      async revive() {
        broker = await startBroker({ ...setup, port });
      },
      announceLeaving: () => broker.announceLeaving(),
    };
  },
});
