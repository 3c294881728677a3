/** One client of the bus, as its server describes it. */
export interface Connection {
  readonly serverId: string;
  /** Unique on its server only. */
  readonly cid: number;
  /** `Client`, or `Leafnode` and friends: other servers, which are nobody's listener. */
  readonly kind: string;
  /** Heddle's Python actors set none. */
  readonly name: string | undefined;
  readonly lang: string | undefined;
  readonly version: string | undefined;
  /** `ip:port` of the client. */
  readonly address: string | undefined;
  readonly startedAt: string | undefined;
  readonly lastActivity: string | undefined;
  /** Between its server and the client. */
  readonly rttMs: number | undefined;
  /** Bytes the server holds back because the client reads too slowly. */
  readonly pendingBytes: number;
  /** Of one that is no more: when it ended, by the server's clock, and why. */
  readonly ended?: { readonly at: string; readonly reason: string };
  readonly subscriptions: readonly BusSubscription[];
  /** Subscriptions that the server counted and did not list. */
  readonly unlisted: number;
  /** The connection that asked. */
  readonly self: boolean;
}

/** One subscription of a client, as its server counts it. */
export interface BusSubscription {
  readonly subject: string;
  readonly queue: string | undefined;
  /** Messages delivered to it so far. */
  readonly received: number;
}

/** A server that answered. */
export interface BusServer {
  readonly id: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly cluster: string | undefined;
  readonly jetstream: boolean | undefined;
  /** What its clock showed when it answered: ISO 8601. */
  readonly time: string | undefined;
  readonly connections: number;
}

/** One page of one server's answer. */
export interface ServerPage {
  readonly server: BusServer;
  /** Connections that the server has in this account, over all pages. */
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly connections: readonly Connection[];
}
