import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A TCP proxy that does to a connection what a network does: it makes the way long or narrow, stops it, or breaks it.
 * What it takes it hands on, whole and in order; an end of one direction is the end of that direction alone; who writes
 * faster than the other side reads is held back. Settings hold from then on, for connections that are open too.
 */
export interface FaultyProxy {
  readonly port: number;
  readonly url: string;
  /** Connections that are open now, and that were ever made. */
  readonly open: number;
  readonly made: number;
  /** Bytes handed on so far. */
  readonly passed: { readonly toServer: number; readonly toClient: number };
  /** Bytes that it has taken and not handed on. */
  readonly waiting: number;
  /** How long each byte is on its way, in one direction: the round trip takes twice as long. */
  delay(ms: number): void;
  /** How much passes in a second, in each direction. */
  narrow(bytesPerSecond: number): void;
  /** Nothing passes and nothing closes, as when the way is dead and nobody says so. */
  freeze(): void;
  thaw(): void;
  /** Every connection is reset, with what is on its way in it. New ones are taken. */
  cut(): void;
  /** New connections are reset at once, until `accept`. */
  refuse(): void;
  accept(): void;
  /** Ends everything; idempotent. */
  close(): Promise<void>;
}

interface Weather {
  delayMs: number;
  bytesPerSecond: number;
  frozen: boolean;
  refusing: boolean;
}

/** What is on its way: a long way holds more than a short one. */
const SHORT_WAY_BYTES = 64 * 1024;
const LONG_WAY_BYTES = 32 * 1024 * 1024;

/** In front of a server on this machine; gone with the test. */
export async function proxyFor(t: TestContext, port: number): Promise<FaultyProxy> {
  const proxy = await startProxy(port);
  t.after(() => proxy.close());
  return proxy;
}

export async function startProxy(serverPort: number): Promise<FaultyProxy> {
  const weather: Weather = {
    delayMs: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    frozen: false,
    refusing: false,
  };
  const passed = { toServer: 0, toClient: 0 };
  const pairs = new Set<Pair>();
  let made = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (weather.refusing) return reset(client);
    made += 1;
    const pair = join(client, serverPort, weather, passed, () => pairs.delete(pair));
    pairs.add(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const changed = (): void => {
    for (const pair of pairs) pair.changed();
  };
  const cut = (): void => {
    for (const pair of [...pairs]) pair.cut();
  };
  let closing: Promise<void> | undefined;
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    get open() {
      return pairs.size;
    },
    get made() {
      return made;
    },
    passed,
    get waiting() {
      return [...pairs].reduce((sum, pair) => sum + pair.waiting(), 0);
    },
    delay: (ms) => {
      weather.delayMs = ms;
    },
    narrow: (bytesPerSecond) => {
      weather.bytesPerSecond = bytesPerSecond;
    },
    freeze: () => {
      weather.frozen = true;
      changed();
    },
    thaw: () => {
      weather.frozen = false;
      changed();
    },
    cut,
    refuse: () => {
      weather.refusing = true;
    },
    accept: () => {
      weather.refusing = false;
    },
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
      });
      return closing;
    },
  };
}

interface Pair {
  waiting(): number;
  changed(): void;
  cut(): void;
}

function join(
  client: Socket,
  serverPort: number,
  weather: Weather,
  passed: { toServer: number; toClient: number },
  gone: () => void,
): Pair {
  const server = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const ways = [
    new Way(client, server, weather, (bytes) => {
      passed.toServer += bytes;
    }),
    new Way(server, client, weather, (bytes) => {
      passed.toClient += bytes;
    }),
  ];
  const cut = (): void => {
    for (const way of ways) way.stop();
    reset(client);
    reset(server);
    gone();
  };
  for (const socket of [client, server]) {
    socket.on('error', cut);
    socket.on('close', () => {
      if (client.destroyed && server.destroyed) gone();
      // Both directions ended in good order, or one side is gone without a word.
      else if (!socket.readableEnded || !socket.writableFinished) cut();
    });
  }
  return {
    waiting: () => ways.reduce((sum, { queued }) => sum + queued, 0),
    changed: () => {
      for (const way of ways) way.go();
    },
    cut,
  };
}

/** One direction of a connection. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #passed: (bytes: number) => void;
  /** In order; no bytes are the end. */
  readonly #queue: { readonly bytes: Buffer | undefined; readonly due: number }[] = [];
  /** Bytes on their way. */
  queued = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked = false;
  /** When a narrow way is free for the next byte. */
  #freeAt = 0;

  constructor(from: Socket, to: Socket, weather: Weather, passed: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    this.#passed = passed;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#take(undefined));
    to.on('drain', () => {
      this.#blocked = false;
      this.go();
    });
    this.go();
  }

  /** Hands on what is due, and reads on when there is room. */
  go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#weather.frozen) return void this.#from.pause();
    for (let next = this.#queue[0]; next !== undefined && !this.#blocked; next = this.#queue[0]) {
      const wait = Math.max(next.due, this.#freeAt) - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.go(), Math.ceil(wait));
        break;
      }
      this.#queue.shift();
      this.#handOn(next.bytes);
    }
    const room = this.#weather.delayMs > 0 ? LONG_WAY_BYTES : SHORT_WAY_BYTES;
    if (this.queued < room) this.#from.resume();
    else this.#from.pause();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#blocked = true;
  }

  #take(bytes: Buffer | undefined): void {
    this.#queue.push({ bytes, due: performance.now() + this.#weather.delayMs });
    this.queued += bytes?.length ?? 0;
    this.go();
  }

  #handOn(bytes: Buffer | undefined): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (bytes === undefined) return void this.#to.end();
    this.queued -= bytes.length;
    this.#passed(bytes.length);
    const { bytesPerSecond } = this.#weather;
    // A timer that was late is made up for, as far as a network has buffers.
    const from = Math.max(this.#freeAt, performance.now() - 20);
    this.#freeAt = from + (bytes.length / bytesPerSecond) * 1000;
    if (!this.#to.write(bytes)) this.#blocked = true;
  }
}

function reset(socket: Socket): void {
  if (socket.destroyed) return;
  socket.on('error', () => {});
  socket.resetAndDestroy();
}
