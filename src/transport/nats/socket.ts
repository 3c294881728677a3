import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../../time/clock.ts';
import { CLIENT_VERSION, type ClientTransport, type Server } from './client.ts';
import { connected, DialProblem, type Greeting, greeting, type Stage, startTcp } from './dial.ts';
import { identifyPeer, type Peer } from './peer.ts';
import { secured, startTls } from './tls.ts';

export interface SocketSettings {
  /** We talk to nobody without TLS. */
  readonly tlsAsked: boolean;
  readonly tlsFirst: boolean;
  readonly trust: SecureContext | undefined;
  /** Find out what a peer is that stays silent. For the first connect; a reconnect just tries again. */
  readonly identify: boolean;
  readonly clock: Clock;
}

export type Chunk = string | Uint8Array;

/** A NATS server sends INFO as soon as it accepted; after this long without a byte it is worth asking who is there. */
const SILENCE_MS = 300;

/**
 * Carries the bytes of one connection for the client's engine, and remembers how far it came, so that a failure can
 * be told apart. It may be given up at any moment and then leaves nothing behind.
 */
export class NatsSocket implements ClientTransport {
  readonly lang = 'nats.js';
  readonly version = CLIENT_VERSION;
  stage: Stage = 'resolving';
  info: Greeting | undefined;
  peer: Peer | undefined;
  /** Why the connect failed, once it did. */
  problem: unknown;
  /** What the server said in `-ERR` while we joined. */
  readonly complaints: string[] = [];
  closeError?: Error;
  /** Takes what the server says. `lent`: it is written over when this returns. */
  onBytes: (bytes: Uint8Array, lent: boolean) => void = () => {};

  readonly #settings: SocketSettings;
  readonly #givenUp = new AbortController();
  readonly #gone: Promise<Error | undefined>;
  #tellGone: (error: Error | undefined) => void = () => {};
  #socket: Socket | undefined;
  #encrypted = false;
  #open = false;
  #done = false;
  /** What came before the engine reads; from then on it is given to `onBytes` as it comes. */
  #frames: Uint8Array[] = [];
  #isRead = false;
  #wake: () => void = () => {};
  #whyClosed: string | undefined;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
    this.#gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
  }

  async connect(server: Server): Promise<void> {
    try {
      await this.#connect(server);
    } catch (error) {
      // Whoever dials closes us after a failure.
      this.problem = error;
      throw error;
    }
  }

  async #connect(server: Server): Promise<void> {
    const { tlsAsked, tlsFirst } = this.#settings;
    // A server that another one told us about comes as an address, with the name that its certificate is for.
    const name = server.tlsName || server.hostname;
    const socket = this.#own(startTcp(server.hostname, server.port, (lent) => this.#came(lent)));
    await connected(socket, server.hostname, () => {
      this.stage = 'connecting';
    });
    if (tlsFirst) await this.#secure(socket, name);

    this.stage = 'greeting';
    const { info, bytes } = await this.#greeting(server);
    this.info = info;
    if (!tlsFirst) {
      const offered = info.tls_required === true || info.tls_available === true;
      if (tlsAsked && !offered) {
        this.stage = 'securing';
        throw new DialProblem('no_tls');
      }
      if (tlsAsked || info.tls_required === true) await this.#secure(socket, name);
    }
    this.stage = 'joining';
    this.#carry(bytes);
  }

  /** Takes the socket; if we were given up while it was made, it ends here. */
  #own<T extends Socket>(socket: T): T {
    this.#socket = socket;
    if (this.#done) {
      socket.destroy();
      throw new DialProblem('given_up');
    }
    return socket;
  }

  async #secure(socket: Socket, name: string): Promise<void> {
    this.stage = 'securing';
    const secure = this.#own(await startTls(socket, name, this.#settings.trust));
    await secured(secure);
    this.#encrypted = true;
  }

  async #greeting(server: Server): Promise<{ info: Greeting; bytes: Uint8Array }> {
    const socket = this.#socket as Socket;
    const reading = greeting(socket);
    const { identify, tlsFirst, clock } = this.#settings;
    if (!identify || tlsFirst) return reading;
    const timer = clock.after(SILENCE_MS, async () => {
      this.peer = await identifyPeer(server.hostname, server.port, this.#givenUp.signal, clock);
      if (this.peer.kind === 'nats' || this.peer.kind === 'silent' || this.#done || this.info) return;
      socket.destroy(new DialProblem('silent', this.peer.said));
    });
    try {
      return await reading;
    } finally {
      clock.cancel(timer);
    }
  }

  #carry(first: Uint8Array): void {
    const socket = this.#own(this.#socket as Socket);
    this.#frames.push(first);
    this.#open = true;
    let problem: Error | undefined;
    socket.on('data', (bytes: Buffer) => this.#take(bytes, false));
    socket.on('error', (error) => {
      problem = error;
    });
    socket.on('close', () => this.fail(problem));
  }

  /** From a socket without TLS. Until it carries, whoever greets listens to the socket. */
  #came(lent: Buffer): void {
    if (this.#open) this.#take(lent, true);
    else this.#socket?.emit('data', Buffer.from(lent));
  }

  #take(bytes: Buffer, lent: boolean): void {
    if (this.#isRead) this.onBytes(bytes, lent);
    else this.#frames.push(lent ? Buffer.from(bytes) : bytes);
  }

  /** The engine's way to read, a promise for each piece, serves for what came before; it ends with the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let next = this.#frames.shift(); next !== undefined; next = this.#frames.shift()) yield next;
    this.#isRead = true;
    if (this.#done) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  send(frame: Uint8Array): void {
    this.#socket?.write(frame);
  }

  /** In one write. */
  sendAll(chunks: readonly Chunk[]): void {
    const socket = this.#socket;
    socket?.cork();
    for (const chunk of chunks) if (chunk.length > 0) socket?.write(chunk);
    socket?.uncork();
  }

  /** Ends an open connection, and tells the engine, which decides whether to dial again. */
  fail(error: Error | undefined): void {
    if (this.#done) return;
    const wasOpen = this.#open;
    if (error !== undefined) this.closeError = error;
    this.discard();
    if (wasOpen) this.#tellGone(error);
  }

  /** Ends it without telling. */
  discard(): void {
    this.#done = true;
    this.#frames = [];
    this.#givenUp.abort();
    this.#socket?.destroy();
    this.#wake();
  }

  /** The engine found the connection stale. What waits to be written will never be; there is nothing to wait for. */
  disconnect(): void {
    this.#whyClosed = 'the server does not answer';
    this.fail(undefined);
  }

  /** In words; undefined when the other side closed it in good order. */
  get whyClosed(): string | undefined {
    return this.#whyClosed ?? this.closeError?.message;
  }

  async close(error?: Error): Promise<void> {
    this.fail(error);
  }

  closed(): Promise<Error | undefined> {
    return this.#gone;
  }

  isEncrypted(): boolean {
    return this.#encrypted;
  }

  get isClosed(): boolean {
    return this.#done;
  }
}
