import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { Caller, NOTHING_TO_UNDO } from './caller.ts';
import type { Connection } from './connections.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import type { Head } from './head.ts';
import { type Announced, Incoming } from './incoming.ts';
import { type JsonBody, readJsonBody } from './json-body.ts';
import { Outgoing } from './outgoing.ts';
import { PROBLEM_TYPE, Problem, problem, problemHeaders, problemText, reasonBehind } from './problem.ts';
import type { Answer, Context, Principal, Relayed, Reply, Route } from './route.ts';
import { NO_ANSWER, type Service } from './service.ts';

/** What is known of a request before it is read. */
export interface Arrival extends Announced {
  readonly requestId: string;
  readonly connection: Connection;
}

/** One request and its answer, from the end of the headers to the last byte. */
export class Exchange implements Context {
  readonly request: IncomingMessage;
  /** What the path says; set on the way to the route. */
  route: Route | undefined;
  params: Readonly<Record<string, string>> = {};
  queryText = '';
  readonly #response: ServerResponse;
  readonly #service: Service;
  readonly #arrival: Arrival;
  readonly #outgoing: Outgoing;
  readonly #startedAt: number;
  #caller: Caller | undefined;
  #state: 'open' | 'answered' | 'complete' | 'left' = 'open';
  #controller: AbortController | undefined;
  #leavers: Set<() => void> | undefined;
  #query: URLSearchParams | undefined;
  /** Made when somebody asks for the body, or for what is left of it. */
  #incoming: Incoming | undefined;
  #stream: EventStream | undefined;
  #isApart = false;
  #problem: Problem | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, service: Service, arrival: Arrival) {
    this.request = request;
    this.#response = response;
    this.#service = service;
    this.#arrival = arrival;
    this.#outgoing = new Outgoing(request, response, service, arrival.requestId);
    this.#startedAt = service.clock.elapsed();
    arrival.connection.exchanges.add(this);
    service.inflight += 1;
    service.counts.requests += 1;
    // Node tells the same of what was dropped with its connection.
    response.on('finish', () => this.over(!request.socket.destroyed));
  }

  get requestId(): string {
    return this.#arrival.requestId;
  }

  get head(): Head {
    return this.#arrival.head;
  }

  get remote(): string {
    const direct = this.#arrival.connection.remote;
    if (!this.#service.trustProxy) return direct;
    // The last one is what our own proxy saw; what stands before it, anybody may have written.
    const last = this.headers['x-forwarded-for']?.toString().split(',').at(-1)?.trim();
    return last === undefined || isIP(last) === 0 ? direct : last;
  }

  get method(): string {
    return this.request.method ?? '';
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get query(): URLSearchParams {
    this.#query ??= this.queryText === '' ? NO_QUERY : new URLSearchParams(this.queryText);
    return this.#query;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#state === 'left') this.#controller.abort(new Error(LEFT));
    }
    return this.#controller.signal;
  }

  onLeft(run: () => void): () => void {
    if (this.#state === 'left') run();
    else {
      this.#leavers ??= new Set();
      this.#leavers.add(run);
    }
    return () => void this.#leavers?.delete(run);
  }

  get draining(): AbortSignal {
    return this.#service.draining;
  }

  /** The longest body that is taken here. */
  get mostBytes(): number {
    return this.route?.request?.maxBytes ?? this.#service.limits.bodyBytes;
  }

  /** It has its answer, and goes on sending a body that nobody reads. */
  get lingers(): boolean {
    return this.#outgoing.lingers;
  }

  /** Whose request it is, where the route is not for everybody. */
  comesFrom(principal: Principal): void {
    this.#caller = new Caller(principal);
  }

  get principal(): Principal | undefined {
    return this.#caller?.principal;
  }

  requireScope(...anyOf: readonly [string, ...string[]]): void {
    this.#caller?.require(anyOf);
  }

  get withdrawn(): Problem | undefined {
    return this.#caller?.withdrawn;
  }

  onWithdrawn(run: (why: Problem) => void): () => void {
    return this.#caller?.onWithdrawn(run) ?? NOTHING_TO_UNDO;
  }

  bytes(): Promise<Buffer> {
    const bytes = this.#body().bytes();
    return this.#caller?.ifStill(bytes) ?? bytes;
  }

  json(): Promise<JsonBody> {
    return this.bytes().then((bytes) => readJsonBody(bytes, this.#service.limits));
  }

  stream(): Readable {
    return this.#body().stream();
  }

  relay(reply: Parameters<Context['relay']>[0]): Relayed {
    this.#requireOpen();
    this.#outgoing.relay(reply);
    this.#state = 'answered';
    // What has begun cannot be answered otherwise; half of it must not look like all of it.
    this.#caller?.answering(() => this.#outgoing.cut());
    return RELAYED;
  }

  async apart<T>(waiting: Promise<T>): Promise<T> {
    if (this.#isApart || this.#state !== 'open') return await waiting;
    this.#isApart = true;
    this.#service.inflight -= 1;
    try {
      return await waiting;
    } finally {
      this.#isApart = false;
      if (this.#state === 'open') this.#service.inflight += 1;
    }
  }

  events(options: EventStreamOptions = {}): EventStream {
    const { limits, clock, streams, counts } = this.#service;
    this.#requireOpen();
    if (streams.size >= limits.streams || this.draining.aborted) {
      throw problem('overloaded', { detail: 'no further stream can be opened now', retryAfterS: 5 });
    }
    const pipe = this.#outgoing.stream('text/event-stream', {
      'cache-control': 'no-cache',
      // Proxies of the nginx kind would collect events before they hand them on.
      'x-accel-buffering': 'no',
      ...options.headers,
    });
    this.#state = 'answered';
    const last = this.headers['last-event-id'];
    // Header text is Latin-1 to Node, and UTF-8 to the clients of event streams.
    const lastEventId = typeof last === 'string' ? Buffer.from(last, 'latin1').toString() : undefined;
    const stream = new EventStream(pipe, limits, clock, options, lastEventId);
    this.#stream = stream;
    this.#service.inflight -= 1;
    streams.add(stream);
    void stream.ended.then((why) => {
      streams.delete(stream);
      counts.streamsEnded[why] += 1;
    });
    if (this.method === 'HEAD') stream.close();
    this.#caller?.answering((reason) => stream.dismiss(reason));
    return stream;
  }

  answer(answer: Answer): void {
    if (answer === this.#stream || 'relayed' in answer || this.#state !== 'open') return;
    try {
      if (answer instanceof EventStream) throw new Error('a route answered with the stream of another request');
      this.#send(answer);
    } catch (thrown) {
      // Among them a header that cannot be one.
      this.fail(thrown);
    }
  }

  /** Answers with the problem that was thrown; what is none is ours, and its words are nobody else's. */
  fail(thrown: unknown): void {
    const known = thrown instanceof Problem;
    // Whoever waited for the client, and says that it left, tells nothing new.
    if (!known && (this.#controller === undefined || thrown !== this.#controller.signal.reason)) this.#report(thrown);
    this.#stream?.close();
    if (this.#state !== 'open') return;
    const shown = known ? thrown : problem('internal', { detail: 'an unexpected failure, which was reported here' });
    this.#problem = shown;
    const body = problemText(shown, this.requestId);
    try {
      this.#send({ status: shown.status, type: PROBLEM_TYPE, headers: problemHeaders(shown), body });
    } catch (impossible) {
      this.#report(impossible);
      this.#outgoing.cut();
    }
  }

  /** For a body that cannot come any more; false when nobody waits for it. */
  failBody(why: Problem): boolean {
    return this.#state === 'open' && this.#incoming?.fail(why) === true;
  }

  /** Nothing more passes: all of the answer has left this process, or the connection has ended before. */
  over(complete: boolean): void {
    if (this.#state === 'complete' || this.#state === 'left') return;
    const status = this.#state === 'open' ? NO_ANSWER : this.#outgoing.status;
    this.#state = complete ? 'complete' : 'left';
    this.#outgoing.over();
    this.#caller?.answered();
    if (this.#stream !== undefined) this.#stream.end('left');
    else if (!this.#isApart) this.#service.inflight -= 1;
    if (!complete) this.#leave();
    this.#arrival.connection.remove(this);
    this.#service.access({
      requestId: this.requestId,
      method: this.method,
      route: this.route?.path,
      status,
      ms: this.#service.clock.elapsed() - this.#startedAt,
      bytes: this.#stream?.written ?? this.#outgoing.bytes,
      complete,
      remote: this.remote,
      principal: this.principal?.name,
      problem: this.#problem?.code,
      reason: reasonBehind(this.#problem),
    });
  }

  /** An answer that goes on can begin only once, and only for who is there and may have it. */
  #requireOpen(): void {
    if (this.#state === 'left') throw this.signal.reason;
    if (this.#state !== 'open') throw new Error('this request has its answer already');
    this.#caller?.requireStill();
  }

  #send(reply: Reply): void {
    // Most requests have no body, and nothing is made to know that.
    this.#outgoing.send(reply, this.head.bodyLength === 0 ? 'none' : this.#body().left);
    this.#state = 'answered';
  }

  #leave(): void {
    this.#controller?.abort(new Error(LEFT));
    const leavers = this.#leavers ?? [];
    this.#leavers = undefined;
    for (const run of leavers) run();
  }

  #body(): Incoming {
    this.#incoming ??= new Incoming(this.request, this.#response, this.#arrival, this.mostBytes);
    return this.#incoming;
  }

  #report(thrown: unknown): void {
    const { requestId, method } = this;
    this.#service.unforeseen(thrown, { requestId, method, route: this.route?.path });
  }
}

const LEFT = 'the client left';
const RELAYED: Relayed = { relayed: true };
/** Most requests have none, and most are looked into for one. */
const NO_QUERY = new URLSearchParams();
