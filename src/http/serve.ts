import { setMaxListeners } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { systemUuid } from '../contract/ids.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { type Authentication, tokenHolders } from './bearer.ts';
import { Connections } from './connections.ts';
import { Exchange } from './exchange.ts';
import { type Handling, handle, type Unanswered } from './handle.ts';
import { readHead } from './head.ts';
import { type HttpLimits, limitsOf } from './limits.ts';
import { listen, urlOf } from './listen.ts';
import { compileRoutes } from './match.ts';
import type { Reply, Route } from './route.ts';
import type { AccessEvent, HttpCounts, Unforeseen } from './service.ts';
import { refuseUnreadable } from './unreadable.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** PEM texts; with them it is https. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Who may use the routes that have a scope. Without it everybody may. */
  readonly authentication?: Authentication | undefined;
  /** Only a proxy reaches us: the address of the other side is the last one of X-Forwarded-For. Default false. */
  readonly trustProxy?: boolean | undefined;
  /** Further headers of every answer, by the headers of its request. In lower case. */
  readonly answerHeaders?: ((headers: IncomingHttpHeaders) => Readonly<Record<string, string>> | undefined) | undefined;
  /** Answers where no route does, in place of the problems of the server. */
  readonly unanswered?: ((what: Unanswered) => Reply) | undefined;
  /** Told of each answer. */
  readonly onAccess?: ((event: AccessEvent) => void) | undefined;
  /** Told of what a route threw that is no problem, and of what the server itself met. */
  readonly onError?: ((thrown: unknown, at: Unforeseen | undefined) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly uuid?: (() => string) | undefined;
}

export interface Served {
  readonly url: string;
  readonly port: number;
  /** Since it began, and now. */
  counts(): Readonly<HttpCounts> & {
    readonly connections: number;
    readonly inflight: number;
    readonly streams: number;
  };
  /**
   * Takes no further connection, tells streams, ends what is idle, waits for what is under way, and cuts what is not done
   * after the grace. Tells how much was cut. A second call waits for the first.
   */
  drain(graceMs: number): Promise<{ readonly cut: number }>;
  /** New connections see this certificate; those that are open go on. Only where it is https. Throws when it cannot be used. */
  renewCertificate(tls: NonNullable<ServeOptions['tls']>): void;
}

/** Ids that a client gave; anything else is replaced. */
const REQUEST_ID = /^[A-Za-z0-9._:~-]{1,128}$/;

/** Serves the routes until it is drained. Resolves when it listens. */
export async function serve(options: ServeOptions, routes: readonly Route[]): Promise<Served> {
  const { tls, authentication, onAccess, onError, clock = systemClock, uuid = systemUuid } = options;
  const limits = limitsOf(options.limits);
  const connections = new Connections();
  const drains = new AbortController();
  // Every request that waits may listen to it.
  setMaxListeners(0, drains.signal);
  const report = (thrown: unknown, at?: Unforeseen): void => {
    try {
      onError?.(thrown, at);
    } catch {
      // It is somebody else's, and there is nowhere to say so.
    }
  };
  const handling: Handling = {
    limits,
    clock,
    draining: drains.signal,
    counts: newCounts(),
    streams: new Set(),
    inflight: 0,
    match: compileRoutes(routes),
    authentication:
      authentication === undefined
        ? undefined
        : { holder: tokenHolders(authentication.tokens), otherwise: authentication.otherwise },
    unanswered: options.unanswered,
    trustProxy: options.trustProxy ?? false,
    answerHeaders: options.answerHeaders,
    access(event) {
      if (onAccess === undefined) return;
      try {
        onAccess(event);
      } catch (thrown) {
        report(thrown);
      }
    },
    unforeseen: report,
  };

  const receive = (
    request: IncomingMessage,
    response: ServerResponse,
    expectant: boolean,
    strangeExpectation: boolean,
  ): void => {
    const connection = connections.of(request.socket);
    // It was closed between the last byte and here: nobody can be answered.
    if (connection === undefined) return;
    const waiting = connection.exchanges.size;
    // One too many is told so, as the last that is answered here. No more is read; Node reads on after each request of what it
    // has read already.
    if (waiting >= limits.pipelined) queueMicrotask(() => request.socket.pause());
    if (waiting > limits.pipelined) return;
    const head = readHead(request.rawHeaders);
    const requestId = head.requestId !== undefined && REQUEST_ID.test(head.requestId) ? head.requestId : uuid();
    const exchange = new Exchange(request, response, handling, { head, requestId, connection, expectant });
    handle(exchange, handling, { pipelined: connection.exchanges.size, strangeExpectation });
  };

  const server = await create(limits, tls);
  server.maxConnections = limits.connections;
  // One more is read, to be seen: Node drops what is beyond without a word.
  server.maxHeadersCount = limits.headers + 1;
  server.on('connection', (socket: Socket) => connections.accept(socket));
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => connections.open(socket));
  server.on('drop', () => {
    handling.counts.connectionsDropped += 1;
  });
  server.on('request', (request, response) => receive(request, response, false, false));
  server.on('checkContinue', (request, response) => receive(request, response, true, false));
  server.on('checkExpectation', (request, response) => receive(request, response, true, true));
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket, connections, handling, uuid()));

  const address = await listen(server, options.host, options.port);
  server.on('error', (error) => report(error));

  let drained: Promise<{ readonly cut: number }> | undefined;
  const drain = async (graceMs: number): Promise<{ readonly cut: number }> => {
    drains.abort();
    for (const stream of handling.streams) stream.end('drained');
    // Called by `close`. Node's own takes a connection for idle whose answer has not left yet.
    server.closeIdleConnections = () => connections.endIdle();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    let cut = 0;
    const force = (): void => {
      cut += connections.cut();
    };
    const late = graceMs > 0 ? clock.after(graceMs, force) : undefined;
    if (late === undefined) force();
    await closed;
    clock.cancel(late);
    return { cut };
  };
  return {
    url: urlOf(address, tls !== undefined),
    port: address.port,
    counts: () => ({
      ...handling.counts,
      connections: connections.size,
      inflight: handling.inflight,
      streams: handling.streams.size,
    }),
    drain: (graceMs) => {
      drained ??= drain(graceMs);
      return drained;
    },
    renewCertificate: (renewed) => {
      if ('setSecureContext' in server) inWords(() => server.setSecureContext(renewed));
    },
  };
}

async function create(limits: HttpLimits, tls: ServeOptions['tls']): Promise<Server | SecureServer> {
  const settings = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    // The two above are only looked at this often.
    connectionsCheckingInterval: Math.max(20, Math.min(500, limits.headersMs / 4)),
    maxHeaderSize: limits.headerBytes,
    // Refused by the exchange, with a request id.
    requireHostHeader: false,
    insecureHTTPParser: false,
  };
  if (tls === undefined) return createServer(settings);
  const secure = await import('node:https');
  return inWords(() => secure.createServer({ ...settings, ...tls, handshakeTimeout: limits.headersMs }));
}

function inWords<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('settings_invalid', `the certificate and its key cannot be used: ${why}`, { cause });
  }
}

function newCounts(): HttpCounts {
  return {
    requests: 0,
    connectionsDropped: 0,
    malformed: 0,
    answersUntaken: 0,
    streamsEnded: { left: 0, overflow: 0, stalled: 0, drained: 0, closed: 0 },
  };
}
