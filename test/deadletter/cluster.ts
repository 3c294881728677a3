import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openStream } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
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

/**
 * Resolves when every server has all of every stream: only then is the loss of another one the loss of one. A server that came
 * back without what it missed is no copy.
 */
export async function untilInStep(bus: Transport): Promise<void> {
  const ask = async (subject: string): Promise<unknown> => JSON.parse(await answerOf(bus, subject));
  for (let tries = 0; ; tries += 1) {
    try {
      const { streams } = (await ask('$JS.API.STREAM.NAMES')) as { streams: string[] };
      const infos = await Promise.all(streams.map((name) => ask(`$JS.API.STREAM.INFO.${name}`)));
      if (infos.every(isInStep)) return;
    } catch (error) {
      if (tries > 120) throw error;
    }
    if (tries > 120) throw new Error('the servers of the cluster are not in step after a minute');
    await pause(500);
  }
}

async function answerOf(bus: Transport, subject: string): Promise<string> {
  const { data } = await bus.request(subject, '', { timeoutMs: 2_000 });
  return Buffer.from(data).toString();
}

function isInStep(info: unknown): boolean {
  const { cluster } = info as { cluster?: { leader?: string; replicas?: { current?: boolean; offline?: boolean }[] } };
  const replicas = cluster?.replicas ?? [];
  return (
    cluster?.leader !== undefined &&
    replicas.length === 2 &&
    replicas.every(({ current, offline }) => current === true && offline !== true)
  );
}
