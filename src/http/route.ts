import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { JsonObject } from '../contract/json.ts';
import type { EventStream, EventStreamOptions } from './event-stream.ts';
import type { JsonBody } from './json-body.ts';
import type { Problem } from './problem.ts';
import type { Tenure } from './tenure.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** `{id: string}` of `'/v1/requests/{id}'`. */
export type Params<Path extends string> = string extends Path
  ? Readonly<Record<string, string>>
  : Path extends `${string}{${infer Name}}${infer Rest}`
    ? Readonly<Record<Name extends `*${infer All}` ? All : Name, string>> & Params<Rest>
    : Readonly<Record<never, string>>;

/** One thing that the server does, as data: what a description of the interface is made from. */
export interface Route<Path extends string = string> {
  /** GET answers HEAD too. */
  readonly method: Method;
  /** Segments are literal text or `{name}`, which stands for one whole segment; a last `{*name}` for all that follow, as they were sent. */
  readonly path: Path;
  /** One sentence. */
  readonly summary?: string | undefined;
  /** What a caller's token must allow. Without one the route is for everybody. */
  readonly scope?: string | undefined;
  /** Parameters of the query, by name. */
  readonly query?: Readonly<Record<string, RouteParameter>> | undefined;
  readonly request?: RouteRequest | undefined;
  /** What it answers, by status. Problems of the server itself need not be named. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** What it throws becomes a problem: one of the thrower's choice, or `internal` without its words. */
  run(context: Context<Params<Path>>): Answer | Promise<Answer>;
}

export interface RouteParameter {
  readonly description: string;
  readonly required?: boolean | undefined;
  /** JSON Schema. */
  readonly schema?: JsonObject | undefined;
}

export interface RouteRequest {
  readonly description?: string | undefined;
  /** Media types that are taken; any type with the wildcard. Default: application/json. */
  readonly types?: readonly string[] | undefined;
  /** Default: the server's limit. */
  readonly maxBytes?: number | undefined;
  /** Taken as it comes, of any type and packed in any way: it is handed on, and not looked at. */
  readonly asItComes?: boolean | undefined;
  /** JSON Schema. */
  readonly schema?: JsonObject | undefined;
}

export interface RouteResponse {
  readonly description: string;
  readonly type?: string | undefined;
  /** JSON Schema. */
  readonly schema?: JsonObject | undefined;
  /** What each further header says, by its name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Whoever holds a token. */
export interface Principal {
  readonly name: string;
  readonly scopes: ReadonlySet<string>;
  /** What is known of the person; undefined where it is a program. */
  readonly user?: PrincipalUser | undefined;
  /** Where it comes from a session: the name of that, which proves nothing to anybody. */
  readonly session?: string | undefined;
  /** How long it may: what goes on for long ends with it. undefined: as long as it is served at all. */
  readonly tenure?: Tenure | undefined;
}

export interface PrincipalUser {
  readonly user_id: string;
  readonly email: string | null;
  readonly display_name: string | null;
  readonly roles: readonly string[];
}

/** One request, as a route sees it. */
export interface Context<P = Readonly<Record<string, string>>> {
  readonly method: string;
  readonly params: P;
  readonly query: URLSearchParams;
  /** The query as it was sent, without its question mark. */
  readonly queryText: string;
  readonly headers: IncomingHttpHeaders;
  /** The one that the client gave, when it is well-formed; else a fresh one. Every answer carries it. */
  readonly requestId: string;
  /** undefined where no authentication is configured, or the route asks for none. */
  readonly principal: Principal | undefined;
  /** The address of the other side. */
  readonly remote: string;
  /** Aborted when the client left before it had the answer. */
  readonly signal: AbortSignal;
  /** The same without a signal, which costs as much as a small request: runs once when the client left. Returns the undo. */
  onLeft(run: () => void): () => void;
  /** Aborted when the server begins to drain: what waits for something should answer now. */
  readonly draining: AbortSignal;
  /** Throws `forbidden` unless the caller's token allows one of these too. From then on the request takes that. */
  requireScope(...anyOf: readonly [string, ...string[]]): void;
  /**
   * Why the caller may do this no more, as the answer says it: its token was taken away or may less, or its session is over. Bodies
   * are not read for it, and streams of events and what is relayed end, by themselves.
   */
  readonly withdrawn: Problem | undefined;
  /** For whoever waits: runs once when the caller may do this no more, which may be at once. Returns the undo. */
  onWithdrawn(run: (why: Problem) => void): () => void;
  /** The whole body. Throws the problem of a body that is too large, of another type, or broken off. */
  bytes(): Promise<Uint8Array>;
  /** The body as strict JSON, with the text it was read from. */
  json(): Promise<JsonBody>;
  /** The body as it comes, for who hands it on: what is not read is not sent. Its size is for the reader to bound. */
  stream(): Readable;
  /** Answers with what comes from elsewhere, as fast as the client takes it; what the route returns then is this. */
  relay(reply: { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Readable }): Relayed;
  /**
   * Waits for something that costs nothing meanwhile: the request does not count as being worked on. How many wait so is for the
   * caller to bound.
   */
  apart<T>(waiting: Promise<T>): Promise<T>;
  /** Begins to answer with a stream of events; what the route returns then is this stream. */
  events(options?: EventStreamOptions): EventStream;
}

export interface Reply {
  readonly status: number;
  readonly type?: string | undefined;
  /** In lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** An answer that is on its way from elsewhere. */
export interface Relayed {
  readonly relayed: true;
}

export type Answer = Reply | EventStream | Relayed;

/** So that the names in the path are those of `params`. */
export function route<const Path extends string>(described: Route<Path>): Route {
  return described;
}

export function jsonReply(status: number, value: unknown, headers?: Readonly<Record<string, string>>): Reply {
  return { status, type: 'application/json', headers, body: JSON.stringify(value) };
}

export function textReply(status: number, body: string, headers?: Readonly<Record<string, string>>): Reply {
  return { status, type: 'text/plain; charset=utf-8', headers, body };
}
