import { checkOptions, is, type Keys } from '../check-options.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { MemoryHub } from './memory/hub.ts';
import { MemoryTransport } from './memory/transport.ts';
import { CONNECT_INSTEAD, CONNECT_OPTIONS, type ConnectOptions } from './options.ts';
import { type BusUser, permit } from './permissions.ts';
import type { ServerInfo, Transport } from './transport.ts';

/** Who may connect to an in-memory bus, and what it carries. */
export interface MemoryBusOptions {
  /** Who may connect. Without users and token everybody may. */
  users?: readonly BusUser[] | undefined;
  token?: string | undefined;
  /** Largest payload with its headers, in bytes. Default 1 MiB. */
  maxPayload?: number | undefined;
  /** At least 0, less than 1. Chooses among the members of a queue group. */
  random?: (() => number) | undefined;
  /** For the deadlines of requests, on connections that bring none of their own. Default: the system's. */
  clock?: Clock | undefined;
}

/** A bus within this process, for tests and trials: no server, no socket, the promises of the real one. */
export interface MemoryBus {
  /** Servers and TLS are of no matter here; authentication, `reconnect`, `inboxPrefix` and `clock` are. */
  connect(options?: Partial<ConnectOptions>): Promise<Transport>;
  /** As if the server went down: connections drop, and those with `reconnect` wait for `start`. */
  stop(): void;
  start(): void;
  /** As if the network failed for a moment: connections drop, and those with `reconnect` come back at once. */
  dropConnections(): void;
  /** As if the server announced that it will leave. */
  announceLeaving(): void;
  /** Closes every connection for good. */
  close(): Promise<void>;
}

const URL = 'memory://heddle-ts';
const VERSION = '2.10.0-heddle-ts-memory';
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

const OPTIONS: Keys<MemoryBusOptions> = {
  users: is.listOf(is.object, 'users'),
  token: is.text,
  maxPayload: is.number,
  random: is.callback,
  clock: is.clock,
};
const CONNECT: Keys<Partial<ConnectOptions>> = { ...CONNECT_OPTIONS, servers: is.texts };

/** Makes a bus within this process; nothing listens anywhere. */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  checkOptions('createMemoryBus', options, OPTIONS);
  if (options.users !== undefined && options.token !== undefined) {
    throw new HeddleError(
      'settings_invalid',
      'The in-memory bus was given users and a token; it takes one of the two.',
    );
  }
  const guarded = options.users !== undefined || options.token !== undefined;
  const hub = new MemoryHub(options.random ?? Math.random);
  const connections = new Set<MemoryTransport>();
  let closed = false;
  const info: Omit<ServerInfo, 'clientId'> = {
    serverId: 'MEMORY',
    serverName: 'heddle-ts-memory',
    version: VERSION,
    maxPayload: options.maxPayload ?? DEFAULT_MAX_PAYLOAD,
    headers: true,
    jetstream: false,
    authRequired: guarded,
    tlsRequired: false,
    encrypted: false,
    cluster: undefined,
    clientIp: undefined,
    can: { jetstream: false, whoAmI: false, connz: false },
  };

  return {
    async connect(wanted = {}) {
      checkOptions('connect', wanted, CONNECT, CONNECT_INSTEAD);
      if (closed || !hub.open) {
        throw new HeddleError('connection_refused', `nothing listens at ${URL}: the in-memory bus is stopped`);
      }
      const user = admit(options, wanted.auth);
      const transport = new MemoryTransport(hub, {
        url: URL,
        info,
        permit: permit(user?.permissions),
        reconnect: wanted.reconnect ?? false,
        inboxPrefix: wanted.inboxPrefix ?? '_INBOX',
        clock: wanted.clock ?? options.clock ?? systemClock,
      });
      connections.add(transport);
      void transport.closed.then(() => connections.delete(transport));
      return transport;
    },
    stop: () => hub.down('the in-memory bus was stopped'),
    start() {
      if (!closed) hub.up();
    },
    dropConnections: () => hub.cut('the in-memory bus dropped the connection'),
    announceLeaving: () => hub.announceLeaving(),
    async close() {
      closed = true;
      await Promise.all([...connections].map((transport) => transport.close()));
    },
  };
}

function admit({ users, token }: MemoryBusOptions, auth: ConnectOptions['auth']): BusUser | undefined {
  if (users === undefined && token === undefined) return undefined;
  const { user, password, token: givenToken } = auth ?? {};
  if (user === undefined && givenToken === undefined) {
    throw new HeddleError('auth_missing', `${URL} requires authentication, and we gave none`);
  }
  const known = users?.find((each) => each.user === user && each.password === (password ?? ''));
  if (known === undefined && (token === undefined || givenToken !== token)) {
    throw new HeddleError(
      'auth_wrong',
      `${URL} refused ${user === undefined ? 'the token' : `user ${JSON.stringify(user)}`}`,
    );
  }
  return known;
}
