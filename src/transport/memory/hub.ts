import { nextTurn } from '../../time/turn.ts';
import type { Permit } from '../permissions.ts';
import { Sublist } from '../sublist.ts';
import type { HeaderView, Message } from '../transport.ts';

/** One subscription, as the hub sees it. */
export interface MemoryRoute {
  readonly pattern: string;
  readonly queue: string | undefined;
  /** What it must not see although it matches. */
  readonly blind: ((subject: string) => boolean) | undefined;
  /** False when it has had all it wants. */
  take(message: Message): boolean;
}

export interface MemoryPost {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
  readonly headers: HeaderView | undefined;
}

/** One connection, as the hub sees it. */
export interface MemoryPeer {
  readonly permit: Permit | undefined;
  /** The hub went away, or cut the connection. */
  lost(reason: string): void;
  /** The hub takes connections again. */
  found(): void;
  leaving(): void;
}

/**
 * The server's part of the in-memory bus. All work is done in order, one turn of the event loop later than it was
 * asked for: nothing ever happens inside the call that caused it.
 */
export class MemoryHub {
  readonly #list = new Sublist<MemoryRoute>();
  readonly #random: () => number;
  readonly #peers = new Set<MemoryPeer>();
  #work: (() => void)[] = [];
  #open = true;
  #connected = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Gives the number of the connection. */
  join(peer: MemoryPeer): number {
    this.#peers.add(peer);
    this.#connected += 1;
    return this.#connected;
  }

  leave(peer: MemoryPeer): void {
    this.#peers.delete(peer);
  }

  post(work: () => void): void {
    this.#work.push(work);
    if (this.#work.length === 1) nextTurn(() => this.#turn());
  }

  subscribe(route: MemoryRoute): void {
    this.#list.insert(route.pattern, route, route.queue);
  }

  unsubscribe(route: MemoryRoute): void {
    this.#list.remove(route.pattern, route, route.queue);
  }

  /** False when nobody heard it. */
  deliver(post: MemoryPost): boolean {
    const { plain, groups } = this.#list.match(post.subject);
    let heard = false;
    for (const route of plain) if (give(route, post)) heard = true;
    for (const group of groups) if (this.#giveOne(group, post)) heard = true;
    return heard;
  }

  /** Down: every connection is lost, and none is taken until `up`. */
  down(reason: string): void {
    this.#open = false;
    this.cut(reason);
  }

  up(): void {
    this.#open = true;
    for (const peer of [...this.#peers]) peer.found();
  }

  /** Every connection is lost; those that reconnect are welcome at once. */
  cut(reason: string): void {
    for (const peer of [...this.#peers]) peer.lost(reason);
    if (this.#open) this.up();
  }

  announceLeaving(): void {
    for (const peer of [...this.#peers]) peer.leaving();
  }

  /** Starts anywhere in the group and goes on to the next where one may not see it. */
  #giveOne(group: readonly MemoryRoute[], post: MemoryPost): boolean {
    const start = Math.floor(this.#random() * group.length);
    for (let step = 0; step < group.length; step += 1) {
      if (give(group[(start + step) % group.length] as MemoryRoute, post)) return true;
    }
    return false;
  }

  #turn(): void {
    const work = this.#work;
    // What this work causes is for the next turn, so that timers and sockets get theirs in between.
    this.#work = [];
    for (const each of work) each();
  }
}

function give(route: MemoryRoute, post: MemoryPost): boolean {
  if (route.blind?.(post.subject)) return false;
  // Each receiver gets data of its own: on a wire nobody can write into another's message.
  return route.take({ ...post, data: post.data.slice() });
}
