import type { Socket } from 'node:net';
import type { Clock, Timer } from '../time/clock.ts';
import { Outbox } from './outbox.ts';

export interface LinkEvents {
  heard(chunk: Buffer): void;
  /** There is output that waits for a flush. */
  touched(): void;
  /** Once, when it ends, whoever ended it. */
  ended(reason: string): void;
}

/** How long a publisher rests when a receiver of its messages falls far behind. */
const STALL_MS = 100;
/** A receiver is far behind from this part of what may wait for it. */
const STALL_FROM = 0.75;
/** How long the last words to a refused client may take. */
const FAREWELL_MS = 1000;

/** One TCP connection with its unsent output: what may wait, when to rest, how to end. */
export class Link {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #events: LinkEvents;
  readonly #maxPending: number;
  readonly #clock: Clock;
  #closed = false;
  #frozen = false;
  #resting: Timer | undefined;

  constructor(socket: Socket, { maxPending, clock }: { maxPending: number; clock: Clock }, events: LinkEvents) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#events = events;
    this.#maxPending = maxPending;
    this.#clock = clock;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) events.heard(chunk);
    });
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('Client Closed'));
    socket.on('close', () => this.close('Client Closed'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that the client has not taken yet. */
  get pending(): number {
    return this.#outbox.pending;
  }

  /** Text of one byte a character. */
  write(text: string): void {
    if (this.#closed) return;
    this.#outbox.text(text);
    this.#keepUp(undefined);
  }

  /** `from` rests a little when this client cannot keep up with it. */
  deliver(head: string, data: Buffer, start: number, size: number, from: Link | undefined): void {
    if (this.#closed) return;
    this.#outbox.text(head);
    this.#outbox.bytes(data, start, size);
    this.#keepUp(from);
  }

  flush(): void {
    if (!this.#closed) this.#outbox.flush();
  }

  /** Neither reads nor answers, as a process that was stopped. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    this.#readOrRest();
  }

  /** With last words these still reach the client; what waited before is sent, too. */
  close(reason: string, lastWords?: string): void {
    if (this.#closed) return;
    if (lastWords !== undefined) {
      this.#outbox.text(lastWords);
      this.#outbox.flush();
    }
    this.#closed = true;
    this.#clock.cancel(this.#resting);
    this.#outbox.drop();
    if (lastWords === undefined || this.#socket.destroyed) this.#socket.destroy();
    else this.#leave();
    this.#events.ended(reason);
  }

  #keepUp(from: Link | undefined): void {
    this.#events.touched();
    const { pending } = this.#outbox;
    if (pending > this.#maxPending) this.close(`Slow Consumer: more than ${this.#maxPending} bytes pending`);
    else if (from !== undefined && from !== this && pending > this.#maxPending * STALL_FROM) from.#rest();
  }

  #rest(): void {
    if (this.#resting !== undefined || this.#closed) return;
    this.#resting = this.#clock.after(STALL_MS, () => {
      this.#resting = undefined;
      this.#readOrRest();
    });
    this.#readOrRest();
  }

  #readOrRest(): void {
    if (this.#closed) return;
    if (this.#frozen || this.#resting !== undefined) this.#socket.pause();
    else this.#socket.resume();
  }

  #leave(): void {
    const socket = this.#socket;
    // Input left unread would turn our last words into a reset.
    socket.resume();
    socket.end();
    const timer = this.#clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', () => this.#clock.cancel(timer));
  }
}
