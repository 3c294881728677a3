import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startBroker } from '../src/broker/broker.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';

/** A bus in a process of its own: a real nats-server where there is one, else the built-in broker. */
export interface BenchBus {
  readonly url: string;
  readonly what: string;
  stop(): Promise<void>;
}

export async function startBenchBus(): Promise<BenchBus> {
  if (findNatsServer() !== undefined) {
    const server = await startNatsServer();
    return { url: server.url, what: 'nats-server', stop: () => server.stop() };
  }
  const child = fork(fileURLToPath(import.meta.url), ['--serve']);
  const [url] = (await once(child, 'message')) as [string];
  return { url, what: 'the built-in broker', stop: async () => void child.kill() };
}

if (process.argv[2] === '--serve' && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send?.((await startBroker()).url);
}
