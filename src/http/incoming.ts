import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { Reading } from './body.ts';
import type { Head } from './head.ts';
import type { Problem } from './problem.ts';

/** What is known of a body before it comes. */
export interface Announced {
  readonly head: Head;
  /** The client waits for a word before it sends it. */
  readonly expectant: boolean;
}

/** The way in of a request's body: read whole, handed on as it comes, or left where it is. */
export class Incoming {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #announced: Announced;
  readonly #most: number;
  #reading: Reading | undefined;
  #handedOn = false;

  /** `most`: the longest that is taken, in bytes. */
  constructor(request: IncomingMessage, response: ServerResponse, announced: Announced, most: number) {
    this.#request = request;
    this.#response = response;
    this.#announced = announced;
    this.#most = most;
  }

  /** All of it. */
  bytes(): Promise<Buffer> {
    if (this.#reading === undefined) {
      this.#invite();
      this.#reading = new Reading(this.#request, this.#most);
    }
    return this.#reading.bytes;
  }

  stream(): Readable {
    if (this.#reading !== undefined) throw new Error('the body is read already');
    this.#invite();
    this.#handedOn = true;
    return this.#request;
  }

  /** It cannot come any more; false when nobody waits for it. */
  fail(why: Problem): boolean {
    if (this.#reading === undefined || this.#request.complete) return false;
    this.#reading.fail(why);
    return true;
  }

  /** What of it is still on its way when the answer is there. `held`: only if the client sends it after all. */
  get left(): 'none' | 'coming' | 'held' {
    const { head, expectant } = this.#announced;
    const { bodyLength } = head;
    if (this.#request.complete) return 'none';
    // Whoever read it may have stopped anywhere.
    if (this.#handedOn) return 'coming';
    if (this.#reading !== undefined) return this.#reading.failed ? 'coming' : 'none';
    // Whether it comes at all, now that the word it waited for does not, is the client's to decide.
    if (expectant) return 'held';
    return bodyLength === undefined || bodyLength > this.#most ? 'coming' : 'none';
  }

  #invite(): void {
    if (this.#announced.expectant) this.#response.writeContinue();
  }
}
