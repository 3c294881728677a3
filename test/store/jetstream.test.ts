import { openBucket, openStream } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { findNewestNatsServer, natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import type { StoreHome } from './home.ts';
import { keepsStorePromises } from './promises.ts';

noLeaks();

const homeOn = (name: string, program: string | undefined): StoreHome => ({
  name,
  async start(t) {
    const server = await natsServerFor(t, { program, config: 'jetstream { store_dir: "FOLDER" }' });
    const bus = await connect({ servers: [server.url], reconnect: true });
    t.after(() => bus.close());
    return {
      stream: (stream) => openStream({ home: 'jetstream', bus }, stream),
      bucket: (bucket) => openBucket({ home: 'jetstream', bus }, bucket),
    };
  },
});

keepsStorePromises(homeOn('nats-server', undefined), { skip: skipWithoutNatsServer() });

const newest = findNewestNatsServer();
keepsStorePromises(homeOn('nats-server, the newest', newest), {
  skip: newest === undefined && 'HEDDLE_NATS_SERVER_NEWEST names none',
});
