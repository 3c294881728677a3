import { encodeFrame, type Frame } from '../../http/event-stream.ts';
import { problem } from '../../http/problem.ts';
import type { Context, Principal } from '../../http/route.ts';
import type { WithdrawnFor } from '../../http/tenure.ts';
import { VERSION } from '../../version.ts';
import { addressToken } from '../requests/record.ts';
import type { Claimed, Clients } from './clients.ts';
import { Connection, type ConnectionOptions, Outgoing } from './connection.ts';
import { type Dialect, frameId, type Interest, type Notice, type Told } from './frame.ts';
import type { FrameLog, LogListener } from './frame-log.ts';
import type { HubNumbers } from './numbers.ts';
import { lastEventId, startOf } from './start.ts';

/** A client that wants to be told. */
export interface Arrival {
  readonly context: Context;
  readonly client: string;
  /** Whose notices it is told: its own principal's, but for an admin who looks at another's request. */
  readonly owner: string;
  readonly request?: string | undefined;
  readonly dialect: Dialect;
  /** The first frame, by what is known of the client then. */
  greet(known: {
    readonly resumed: boolean;
    readonly server: { readonly name: string; readonly version: string };
  }): Promise<{ readonly event: string; readonly data: string }>;
  readonly until?: ConnectionOptions['until'];
}

/** Connections of one client at a time; the oldest gives way. */
const MOST_CONNECTIONS = 16;
/** Clients that were closed because they read too slowly, to be told so when they are back. */
const MOST_SLOW = 10_000;
const CLIENT_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
const PING_MS = 20_000;
/** How long a client waits before it comes back. */
const RETRY_MS = 3_000;

export interface HubParts {
  readonly log: (listener: LogListener) => Promise<FrameLog>;
  readonly clients: (
    connected: () => Iterable<{ readonly client: string; readonly owner: string }>,
  ) => Promise<Clients>;
  readonly numbers: HubNumbers;
  /** Resolves when nothing is missed any more of what is to be told. */
  readonly hearing: () => Promise<void>;
  readonly failed: (thrown: unknown) => void;
  /** The name of the gateway, which its replicas share. */
  readonly name: string;
}

/** Who listens here, and what they are told. */
export class Hub {
  readonly numbers: HubNumbers;
  readonly #name: string;
  readonly #failed: (thrown: unknown) => void;
  readonly #hearing: () => Promise<void>;
  /** By owner. A client is found among its owner's, as one or several connections: an old one that ends takes nothing from a new one. */
  readonly #connections = new Map<string, Set<Connection>>();
  readonly #all = new Set<Connection>();
  readonly #slow = new Set<string>();
  readonly #muted = new Set<string>();
  #log: FrameLog | undefined;
  #clients: Clients | undefined;

  private constructor({ name, numbers, failed, hearing }: Pick<HubParts, 'name' | 'numbers' | 'failed' | 'hearing'>) {
    this.#name = name;
    this.#failed = failed;
    this.#hearing = hearing;
    this.numbers = numbers;
  }

  static async open({ log, clients, ...parts }: HubParts): Promise<Hub> {
    const hub = new Hub(parts);
    hub.#clients = await clients(() => hub.#all);
    hub.#log = await log({ told: (told) => hub.#tell(told), broken: (reason) => hub.#reset(reason) });
    return hub;
  }

  get log(): FrameLog {
    if (this.#log === undefined) throw new Error('the hub is not open');
    return this.#log;
  }

  get clients(): Clients {
    if (this.#clients === undefined) throw new Error('the hub is not open');
    return this.#clients;
  }

  get connected(): number {
    return this.#all.size;
  }

  /** Where the log is now. */
  get place(): string {
    return frameId(this.log.epoch, this.log.last);
  }

  /** A client that a request names: from here on it is owed what is for it. Throws `forbidden`. */
  async name(client: string, { name: owner }: Pick<Principal, 'name'>): Promise<void> {
    checkClientId(client);
    await this.#hearing();
    await this.clients.claim(client, owner, { connects: false, from: this.place });
  }

  /** A client that is about to connect: from here on nothing is missed. */
  async claim(client: string, owner: string): Promise<Claimed> {
    await this.#hearing();
    return await this.clients.claim(client, owner, { connects: true });
  }

  /** Keeps a notice for those whom it concerns; where there is nobody, nothing is kept. Rejects when it cannot be kept. */
  async append(notice: Notice): Promise<void> {
    await this.log.append(notice);
    this.numbers.kept(notice.event);
  }

  /** Nothing about this is told any more, also of what is kept. */
  mute(about: string): void {
    this.#muted.add(about);
    if (this.#muted.size > MOST_SLOW) this.#muted.delete(this.#muted.values().next().value ?? about);
  }

  wants(owner: string): boolean {
    return this.clients.wants(owner);
  }

  /** Connects a client. Throws the problem with which it is refused. */
  async connect(arrival: Arrival): Promise<Connection> {
    const { context, client, owner, request, dialect, until } = arrival;
    if (request === undefined) checkClientId(client);
    const claimed = await this.claim(client, owner);
    const interest: Interest = { owner: addressToken(owner), client: addressToken(client), request };
    const { after, resumed, lost } = await startOf(this.log, interest, {
      left: lastEventId(context),
      named: claimed.from,
    });
    const greeting = await arrival.greet({ resumed, server: { name: this.#name, version: VERSION } });
    let connection: Connection | undefined;
    const stream = context.events({
      heartbeat: { everyMs: PING_MS, frame: () => connection?.ping() ?? new Uint8Array() },
      bye: byeOf(dialect, 'drain'),
      dismissal: (reason) => byeOf(dialect, reason),
    });
    const opened = new Connection(stream, {
      log: this.log,
      client,
      owner,
      interest,
      dialect,
      after,
      until,
      muted: this.#muted,
      // The answer of one request may lie behind us, and is told by what stands in the store: until then no place is past it.
      marks: request === undefined || resumed,
    });
    connection = opened;
    this.#add(opened);
    this.numbers.connections.add(lost ?? (resumed ? 'resumed' : 'fresh'));
    stream.write(encodeFrame({ ...greeting, id: opened.mark, retry: RETRY_MS }));
    stream.write(opened.ping());
    if (lost !== undefined) opened.lost(lost);
    if (this.#slow.delete(client)) opened.say('overflow', '{}');
    opened.begin(this.#failed);
    return opened;
  }

  async close(): Promise<void> {
    await this.log.close();
    await this.clients.close();
  }

  #add(connection: Connection): void {
    const { client } = connection;
    const key = connection.interest.owner;
    const all = this.#connections.get(key) ?? new Set<Connection>();
    this.#connections.set(key, all);
    if (connection.interest.request === undefined) {
      const same = [...all].filter(({ interest }) => interest.client === connection.interest.client);
      if (same.length >= MOST_CONNECTIONS) same[0]?.stream.close();
    }
    all.add(connection);
    this.#all.add(connection);
    void connection.stream.ended.then((why) => {
      all.delete(connection);
      if (all.size === 0 && this.#connections.get(key) === all) this.#connections.delete(key);
      this.#all.delete(connection);
      if (why !== 'overflow' && why !== 'stalled') return;
      this.#slow.add(client);
      if (this.#slow.size > MOST_SLOW) this.#slow.delete(this.#slow.values().next().value ?? client);
    });
  }

  #tell(told: Told): void {
    const frame = new Outgoing(told, this.log.epoch);
    for (const connection of this.#connections.get(told.owner) ?? []) connection.take(frame);
  }

  #reset(reason: 'gap' | 'restart'): void {
    for (const connection of this.#all) connection.broken(reason);
  }
}

/** `drain`: it may come back at once, elsewhere; the others: what is shown to be let in is not enough any more. */
function byeOf(dialect: Dialect, reason: 'drain' | WithdrawnFor): Frame {
  const data = JSON.stringify({ reason });
  const shown = dialect === 'events' ? data : `{"jsonrpc":"2.0","method":"bye","params":${data}}`;
  return { event: 'bye', data: shown, retry: RETRY_MS };
}

export function checkClientId(client: string): void {
  if (CLIENT_ID.test(client)) return;
  throw problem('bad_request', { detail: 'a client_id has 1 to 128 letters, digits and . _ : ~ -' });
}
