import { HeddleError } from '../errors.ts';

/** What a server spends on anybody. Bytes are bytes, times milliseconds. */
export interface HttpLimits {
  /** Of a request's body, where the route names no limit of its own. */
  readonly bodyBytes: number;
  /** Of the request line and the headers together. */
  readonly headerBytes: number;
  /** Header fields of a request. */
  readonly headers: number;
  /** From the first byte, or the opening of the connection, to the end of the headers. */
  readonly headersMs: number;
  /** From the first byte to the end of the body. */
  readonly requestMs: number;
  /** How long a connection may stay open between two requests. */
  readonly idleMs: number;
  /** How long a client may leave an answer lying that is ready. */
  readonly sendMs: number;
  readonly connections: number;
  /** Requests being worked on; streams of events are counted apart. */
  readonly inflight: number;
  /** The same of one connection: a client may send the next before it has the answer (pipelining). */
  readonly pipelined: number;
  /** Streams of events that are open. */
  readonly streams: number;
  /** What one stream may have unsent. */
  readonly streamBytes: number;
  readonly streamFrames: number;
  /** How long the reader of a stream may take nothing of what waits for it. */
  readonly streamStallMs: number;
  /** Arrays and objects within each other. */
  readonly jsonDepth: number;
  /** Members of all objects of a body together. */
  readonly jsonKeys: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  headers: 100,
  headersMs: 5_000,
  requestMs: 10_000,
  idleMs: 5_000,
  sendMs: 30_000,
  connections: 10_000,
  inflight: 1_000,
  pipelined: 32,
  streams: 5_000,
  streamBytes: 1024 * 1024,
  streamFrames: 256,
  streamStallMs: 60_000,
  jsonDepth: 64,
  jsonKeys: 10_000,
};

export function limitsOf(chosen: Partial<HttpLimits> = {}): HttpLimits {
  const limits: HttpLimits = { ...DEFAULT_LIMITS, ...chosen };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new HeddleError('input_invalid', `the limit ${name} is ${value}, which is no whole number of 1 or more`);
    }
  }
  if (limits.headersMs > limits.requestMs) {
    const { headersMs, requestMs } = limits;
    throw new HeddleError('input_invalid', `headersMs is ${headersMs}, longer than requestMs, which is ${requestMs}`);
  }
  return limits;
}
