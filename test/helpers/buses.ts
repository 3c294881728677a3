import type { TestContext } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { skipWithoutNatsServer, startNatsServer } from './nats-server.ts';

/** A bus of the test's own, gone with it, and connections that go before it. */
export interface TestBus {
  readonly url: string;
  connect(options?: Partial<ConnectOptions>): Promise<Transport>;
  /** Ends the server the hard way and starts another on the same port. */
  restart(): Promise<void>;
}

export interface BusKind {
  readonly name: string;
  readonly skip: string | false;
  start(t: TestContext): Promise<TestBus>;
}

/** What a suite of promises about actors runs over. */
export const BUSES: readonly BusKind[] = [
  { name: 'the built-in broker', skip: false, start: startBuiltin },
  { name: 'nats-server', skip: skipWithoutNatsServer(), start: startReal },
];

async function startBuiltin(t: TestContext): Promise<TestBus> {
  let broker = await startBroker();
  const { port } = broker;
  const open = openConnections(t, () => broker.close());
  return {
    url: broker.url,
    connect: open(broker.url),
    async restart() {
      await broker.close();
      broker = await startBroker({ port });
    },
  };
}

async function startReal(t: TestContext): Promise<TestBus> {
  const server = await startNatsServer();
  const open = openConnections(t, async () => {
    await server.stop();
    const { passed } = t as TestContext & { readonly passed?: boolean };
    if (passed === false) t.diagnostic(`nats-server said:\n${server.log()}`);
  });
  return { url: server.url, connect: open(server.url), restart: () => server.restart() };
}

function openConnections(t: TestContext, stop: () => Promise<void>) {
  const transports: Transport[] = [];
  t.after(async () => {
    await Promise.all(transports.map((transport) => transport.close()));
    await stop();
  });
  return (url: string) =>
    async (options: Partial<ConnectOptions> = {}): Promise<Transport> => {
      const transport = await connect({ servers: [url], timeoutMs: 20_000, ...options });
      transports.push(transport);
      return transport;
    };
}
