import { createRequire } from 'node:module';
import { setTransportFactory, type Transport, type TransportFactory } from 'nats/lib/nats-base-client.js';

/**
 * The one door to the official client. What is taken is its engine (protocol, parser, subscriptions, heartbeat,
 * headers), through the entry that does not load its Node socket layer: that is 6 ms of every start. The package is
 * pinned to one version in package.json, because the engine may change where `connect` does not.
 *
 * Why not `connect`, measured with 3.3.1:
 * - a connect that timed out or was given up leaves its socket behind, and the process waits for it (two minutes);
 * - causes are blurred: a certificate, a silent peer and a web server cannot be told apart;
 * - a server named by its IP address is checked against a certificate for `localhost`;
 * - what is published while the connection is down is dropped without a word by the next attempt to reconnect;
 * - a stale connection with unsent data is never given up, because the client waits for that write to finish;
 * - bytes that it cannot parse are reported on stdout, and reading ends while the connection stays.
 */
export {
  type Auth,
  type ConnectionOptions as ClientOptions,
  Features,
  headers,
  type Msg,
  type MsgCallback,
  type MsgHdrs,
  MsgHdrsImpl,
  type NatsConnection,
  NoRespondersError,
  Parser,
  type Payload,
  PermissionViolationError,
  ProtocolHandler,
  type PublishOptions as ClientPublishOptions,
  parseSemVer,
  QueuedIteratorImpl,
  RequestError,
  type RequestOptions as ClientRequestOptions,
  type SemVer,
  type Server,
  type ServerInfo as ClientServerInfo,
  type Stats,
  type Status,
  type Subscription as ClientSubscription,
  SubscriptionImpl,
  type SubscriptionOptions as ClientSubscriptionOptions,
  TimeoutError,
  type Transport as ClientTransport,
} from 'nats/lib/nats-base-client.js';
export { version as CLIENT_VERSION } from 'nats/lib/version.js';

/**
 * Lets the engine dial through a socket of ours. It takes sockets from a factory that is global to the module, so the
 * factory is ours only while `dial` runs (it asks synchronously), and the client's own again afterwards: a program may
 * hold connections that it opened with the client itself, and those must reconnect as before.
 */
export function dialThrough<T>(open: () => Transport, dial: () => T): T {
  setTransportFactory({ factory: open });
  try {
    return dial();
  } finally {
    setTransportFactory(CLIENTS_OWN);
  }
}

const CLIENTS_OWN: TransportFactory = {
  factory: () => new (nodeTransport().NodeTransport)(),
  dnsResolveFn: (host) => nodeTransport().nodeResolveHost(host),
};

/** Loaded when a connection that is not ours dials again, else never. */
function nodeTransport(): typeof import('nats/lib/node_transport.js') {
  const path = 'nats/lib/node_transport.js';
  return createRequire(import.meta.url)(path);
}
