import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../time/clock.ts';
import type { EventStream, StreamEnd } from './event-stream.ts';
import type { HttpLimits } from './limits.ts';

/** In the place of a status: the connection ended before there was an answer. Others use this number for the same. */
export const NO_ANSWER = 499;

/** One answer, as a log shows it. */
export interface AccessEvent {
  readonly requestId: string;
  /** undefined for what was no readable request. */
  readonly method: string | undefined;
  /** The path of the route, with its parameters unfilled; undefined where none matched. */
  readonly route: string | undefined;
  /** `NO_ANSWER` where there was none. */
  readonly status: number;
  /** From the end of the headers to the last byte of the answer. */
  readonly ms: number;
  /** Of the answer's body. */
  readonly bytes: number;
  /** False when the client left, or was cut, before it had the whole answer. */
  readonly complete: boolean;
  readonly remote: string;
  /** The name of the token. */
  readonly principal: string | undefined;
  /** The code of the problem that was the answer. */
  readonly problem: string | undefined;
  /** What was behind a problem of the server's own side, in words that the client was not told. */
  readonly reason: string | undefined;
}

/** Something was thrown that no route should throw. */
export interface Unforeseen {
  readonly requestId: string;
  readonly method: string;
  readonly route: string | undefined;
}

export interface HttpCounts {
  requests: number;
  /** Connections beyond the limit, closed at once. */
  connectionsDropped: number;
  /** What the parser refused or waited for in vain. */
  malformed: number;
  /** Answers that their client did not take in time. */
  answersUntaken: number;
  readonly streamsEnded: Record<StreamEnd, number>;
}

/** What all exchanges of one server share. */
export interface Service {
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly draining: AbortSignal;
  readonly counts: HttpCounts;
  readonly streams: Set<EventStream>;
  readonly trustProxy: boolean;
  readonly answerHeaders: ((headers: IncomingHttpHeaders) => Readonly<Record<string, string>> | undefined) | undefined;
  /** Requests being worked on, without streams. */
  inflight: number;
  access(event: AccessEvent): void;
  unforeseen(thrown: unknown, at: Unforeseen): void;
}
