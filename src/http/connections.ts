import type { Socket } from 'node:net';
import type { Problem } from './problem.ts';

/** A request whose answer has not left. */
export interface Underway {
  /** It is over: the answer is with the client, or nobody is there to take it. */
  over(complete: boolean): void;
  /** Its answer is written, and what is left of its body is still let in. */
  readonly lingers: boolean;
  /** What comes on the connection can no longer be read as its body. */
  failBody(why: Problem): boolean;
}

export interface Connection {
  /** The address of the other side. */
  readonly remote: string;
  /** What is under way, in the order in which it came. */
  readonly exchanges: Set<Underway>;
  /** It has its answer, or never will. */
  remove(exchange: Underway): void;
}

/** Who is connected, and what is under way there. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  /** Below TLS; the same as the others without it. */
  readonly #raw = new Set<Socket>();
  #ending = false;

  get size(): number {
    return this.#raw.size;
  }

  /** A connection of TCP. */
  accept(socket: Socket): void {
    this.#raw.add(socket);
    socket.once('close', () => this.#raw.delete(socket));
  }

  /** One that speaks HTTP. What is under way there is over when it closes. */
  open(socket: Socket): void {
    const exchanges = new Set<Underway>();
    const remove = (exchange: Underway): void => {
      exchanges.delete(exchange);
      if (this.#ending && exchanges.size === 0) socket.destroySoon();
    };
    this.#open.set(socket, { remote: socket.remoteAddress ?? '', exchanges, remove });
    socket.once('close', () => {
      this.#open.delete(socket);
      for (const exchange of exchanges) exchange.over(false);
    });
  }

  /** undefined once it is closed. */
  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Ends what has nothing under way, now and from now on. */
  endIdle(): void {
    this.#ending = true;
    for (const [socket, { exchanges }] of this.#open) if (exchanges.size === 0) socket.destroySoon();
  }

  /** Ends all, whatever is under way; tells how many exchanges that were. */
  cut(): number {
    let cut = 0;
    for (const [socket, { exchanges }] of this.#open) {
      cut += exchanges.size;
      socket.destroy();
      for (const exchange of exchanges) exchange.over(false);
    }
    for (const socket of this.#raw) socket.destroy();
    return cut;
  }
}
