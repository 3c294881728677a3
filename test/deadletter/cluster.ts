import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openStream } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import { type NatsServer, natsServerFor } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';

/** Three servers with JetStream that know each other, and keep what has three replicas on all of them. */
export async function cluster(t: TestContext, program: string | undefined): Promise<readonly NatsServer[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  const servers = await Promise.all(
    ports.map((port, at) =>
      natsServerFor(t, {
        config: `server_name: s${at}\njetstream { store_dir: "FOLDER/js" }\ncluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
        ...(program !== undefined && { program }),
      }),
    ),
  );
  // A leader has to be found before anything can be kept.
  for (let tries = 0; ; tries += 1) {
    const bus = await connect({ servers: servers.map(({ url }) => url), timeoutMs: 20_000 });
    try {
      const stream = await openStream({ home: 'jetstream', bus, replicas: 3 }, 'READY');
      await stream.ensure({ subjects: ['ready'] });
      await stream.destroy();
      return servers;
    } catch (error) {
      if (tries > 60) throw error;
      await pause(500);
    } finally {
      await bus.close();
    }
  }
}
