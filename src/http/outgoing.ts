import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Timer } from '../time/clock.ts';
import type { StreamPipe } from './event-stream.ts';
import type { Context, Reply } from './route.ts';
import type { Service } from './service.ts';

/** How long a client may go on sending a body that nobody reads: it would lose the answer if the connection ended under it. */
const LINGER_MS = 1_000;

/** The answer's way out: the headers of every answer, and the patience with clients that do not take it. */
export class Outgoing {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #service: Service;
  readonly #requestId: string;
  #timer: Timer | undefined;
  /** Bytes of the body. */
  bytes = 0;
  /** The client has the whole answer, and goes on sending a body that nobody reads. */
  lingers = false;

  constructor(request: IncomingMessage, response: ServerResponse, service: Service, requestId: string) {
    this.#request = request;
    this.#response = response;
    this.#service = service;
    this.#requestId = requestId;
  }

  get status(): number {
    return this.#response.statusCode;
  }

  /** `bodyLeft`: more of the request's body is to come than can be dropped on the side, so that the connection ends. */
  send({ status, type, headers, body }: Reply, bodyLeft: 'none' | 'coming' | 'held'): void {
    const empty = status === 204 || status === 304;
    const size = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const head = this.#head();
    if (type !== undefined) head['content-type'] = type;
    if (!empty) head['content-length'] = size;
    if (bodyLeft !== 'none') head.connection = 'close';
    if (headers !== undefined) Object.assign(head, headers);
    this.#response.writeHead(status, head);
    const shown = empty || this.#request.method === 'HEAD' ? undefined : body;
    if (shown !== undefined) this.bytes = size;
    if (bodyLeft === 'coming') this.#linger(shown);
    else this.#end(shown);
  }

  /** Begins an answer that goes on. */
  stream(type: string, headers: Readonly<Record<string, string>>): StreamPipe {
    const response = this.#response;
    // It ends with its connection: written in chunks, each event would cost three writes.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { ...this.#head(), 'content-type': type, ...headers, connection: 'close' });
    response.flushHeaders();
    return {
      write: (bytes, taken) => {
        response.write(bytes, (error) => {
          if (!error) taken();
        });
      },
      end: () => this.#end(),
      destroy: () => this.cut(),
    };
  }

  /** What comes from elsewhere goes out as fast as the client takes it: never more than a piece of it waits here. */
  relay({ status, headers, body }: Parameters<Context['relay']>[0]): void {
    const { clock, limits, counts } = this.#service;
    const response = this.#response;
    const head = { ...this.#head(), ...headers };
    // What is left of the request's body belongs to nobody.
    if (!this.#request.complete) head.connection = 'close';
    response.writeHead(status, head);
    response.flushHeaders();
    body.on('data', (part: Buffer) => {
      this.bytes += part.length;
      if (response.write(part)) return;
      body.pause();
      this.#timer = clock.after(limits.sendMs, () => {
        counts.answersUntaken += 1;
        this.cut();
      });
    });
    response.on('drain', () => {
      clock.cancel(this.#timer);
      body.resume();
    });
    body.on('end', () => this.#end());
    // Half an answer must not look like a whole one.
    body.on('error', () => this.cut());
    body.on('close', () => {
      if (!body.readableEnded) this.cut();
    });
  }

  cut(): void {
    this.#request.socket.destroy();
  }

  /** Nothing more passes. */
  over(): void {
    this.#service.clock.cancel(this.#timer);
  }

  /** What every answer says, unless its route says otherwise. */
  #head(): OutgoingHttpHeaders {
    const head: OutgoingHttpHeaders = {
      'heddle-request-id': this.#requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    };
    if (this.#service.draining.aborted) head.connection = 'close';
    const { answerHeaders } = this.#service;
    if (answerHeaders !== undefined) Object.assign(head, answerHeaders(this.#request.headers));
    return head;
  }

  #end(body?: string | Uint8Array): void {
    const response = this.#response;
    response.end(body);
    // It waits for the answers before it (pipelining).
    if (response.socket === null) response.once('socket', () => this.#watch());
    // What the kernel took at once needs no watch.
    else if (response.socket.writableLength > 0) this.#watch();
  }

  #watch(): void {
    const { clock, limits, counts } = this.#service;
    this.#timer = clock.after(limits.sendMs, () => {
      counts.answersUntaken += 1;
      this.cut();
    });
  }

  #linger(body: string | Uint8Array | undefined): void {
    const request = this.#request;
    this.lingers = true;
    if (body === undefined) this.#response.flushHeaders();
    else this.#response.write(body);
    const end = (): void => {
      request.off('end', end);
      this.#service.clock.cancel(this.#timer);
      this.#end();
    };
    this.#timer = this.#service.clock.after(LINGER_MS, end);
    request.once('end', end);
    request.resume();
  }
}
