import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { HeddleError } from '../errors.ts';
import { Client, type Surroundings } from './client.ts';
import { type ConnectionEntry, connectionEntry } from './connz.ts';
import { gate } from './gate.ts';
import { type Identity, infoText, newServerId } from './identity.ts';
import { type BrokerOptions, type BrokerSettings, brokerSettings } from './options.ts';
import { Routes } from './routes.ts';
import { serveSystem } from './services.ts';

/** A small NATS server for development and tests: core messages only, one process, nothing kept. */
export interface Broker {
  /** Where clients connect, without secrets. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly serverId: string;
  /** Who is connected, oldest first, with what they subscribed to. */
  connections(): ConnectionEntry[];
  /** Cuts every connection; who reconnects is welcome. */
  dropConnections(): void;
  /** Stops reading and answering while connections stay open, as a hanging server does. New ones get no greeting. */
  pause(): void;
  resume(): void;
  /** Tells the clients that it is about to leave. */
  announceLeaving(): void;
  /** Closes the port and every connection; idempotent. */
  close(): Promise<void>;
}

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const settings = brokerSettings(options);
  const server = createServer({ pauseOnConnect: true });
  const { address, port } = await listen(server, settings);
  return run(server, { id: newServerId(), host: address, port }, settings);
}

function run(server: Server, identity: Identity, settings: BrokerSettings): Broker {
  const clients = new Map<number, Client>();
  const touched = new Set<Client>();
  const routes = new Routes<Client>(settings.random);
  const { log, clock } = settings;
  let connected = 0;
  let frozen = false;
  let leaving = false;
  let closing: Promise<void> | undefined;
  let flushing = false;

  const around: Surroundings = {
    settings,
    routes,
    gate: gate(settings),
    touched(client) {
      touched.add(client);
      if (flushing) return;
      flushing = true;
      // After the chunk at hand, so that everything it caused leaves together.
      process.nextTick(flush);
    },
    gone(client, reason) {
      clients.delete(client.id);
      touched.delete(client);
      const level = reason === 'Client Closed' ? 'info' : 'warn';
      log({ level, clientId: client.id, text: `connection closed: ${reason}` });
    },
  };

  function flush(): void {
    flushing = false;
    for (const client of touched) client.flush();
    touched.clear();
  }

  const greet = (client: Client) =>
    client.greet(infoText(identity, settings, client, { guarded: around.gate.guarded, leaving }));
  const ungreeted = new Set<Client>();

  server.on('connection', (socket) => {
    connected += 1;
    const client = new Client(connected, socket, around);
    clients.set(client.id, client);
    log({ level: 'debug', clientId: client.id, text: `connection from ${client.ip}:${client.port}` });
    if (clients.size > settings.maxConnections) client.refuse('maximum connections exceeded', 'Too Many Connections');
    else if (frozen) {
      ungreeted.add(client);
      client.freeze(true);
    } else {
      greet(client);
      client.freeze(false);
    }
  });
  server.on('error', (error) => log({ level: 'error', text: error.message }));

  const heart = clock.every(settings.pingIntervalMs, () => {
    if (!frozen) for (const client of clients.values()) client.checkAlive();
  });

  const freeze = (stop: boolean) => {
    if (frozen === stop) return;
    frozen = stop;
    if (!stop) for (const client of ungreeted) if (!client.closed) greet(client);
    if (!stop) ungreeted.clear();
    for (const client of clients.values()) client.freeze(stop);
  };

  serveSystem(routes, { identity, settings, clients: () => [...clients.values()] });
  log({ level: 'info', text: `listening on ${identity.host}:${identity.port}, for development` });

  return {
    url: `nats://${identity.host.includes(':') ? `[${identity.host}]` : identity.host}:${identity.port}`,
    host: identity.host,
    port: identity.port,
    serverId: identity.id,
    connections() {
      const now = clock.now();
      return [...clients.values()].map((client) =>
        connectionEntry(client, { auth: true, subscriptions_detail: true }, now),
      );
    },
    dropConnections() {
      for (const client of [...clients.values()]) client.close('Dropped');
    },
    pause: () => freeze(true),
    resume: () => freeze(false),
    announceLeaving() {
      leaving = true;
      for (const client of clients.values()) greet(client);
    },
    close() {
      closing ??= shut();
      return closing;
    },
  };

  async function shut(): Promise<void> {
    clock.cancel(heart);
    flush();
    const closed = once(server, 'close');
    server.close();
    for (const client of [...clients.values()]) client.close('Server Shutdown', true);
    freeze(false);
    await closed;
    log({ level: 'info', text: 'closed' });
  }
}

/** For this machine alone. */
const HOST = '127.0.0.1';

async function listen(server: Server, { port }: BrokerSettings): Promise<AddressInfo> {
  const listening = once(server, 'listening');
  server.listen(port, HOST);
  try {
    await listening;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const where = `${HOST}:${port}`;
    const why = code === 'EADDRINUSE' ? 'something already listens there' : (code ?? 'no reason given');
    throw new HeddleError('connection_failed', `Cannot listen on ${where}: ${why}.`, {
      hint: 'Choose another port, or 0 to let the system choose one.',
      cause,
    });
  }
  return server.address() as AddressInfo;
}
