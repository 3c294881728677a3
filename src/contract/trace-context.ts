import { isJsonObject, type JsonObject } from './json.ts';

/** The top-level key of the lane that carries W3C trace headers. */
export const TRACE_KEY = '_trace_context';

/** The value of `_trace_context`: header names in lower case. Others (baggage) may stand beside these two. */
export interface TraceCarrier {
  traceparent?: string;
  tracestate?: string;
  [header: string]: unknown;
}

/** A place in a W3C trace. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** 0 to 255; bit 0: sampled. */
  readonly flags: number;
  readonly tracestate: string | undefined;
}

/** Fills that many bytes with randomness. */
export type RandomBytes = (count: number) => Uint8Array;

/** With blanks around it, as OpenTelemetry takes it. */
const TRACEPARENT = /^[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*?)?[ \t]*$/s;

/** undefined for whatever W3C calls invalid: then a receiver acts as if nothing had come. */
export function parseTraceparent(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > 512) return undefined;
  const parts = TRACEPARENT.exec(traceparent);
  if (parts === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = parts;
  // Later versions may append fields; version 00 may not, and ff is forbidden.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16), tracestate: usableTracestate(tracestate) };
}

/** From a message as it was read; a message without a usable trace gives undefined, never an error. */
export function readTraceContext(message: JsonObject): TraceContext | undefined {
  const carrier = message[TRACE_KEY];
  return isJsonObject(carrier) ? parseTraceparent(carrier.traceparent, carrier.tracestate) : undefined;
}

/** From the variables that tracing tools set for child processes. */
export function traceFromEnvironment(environment: {
  readonly TRACEPARENT?: string | undefined;
  readonly TRACESTATE?: string | undefined;
}): TraceContext | undefined {
  return parseTraceparent(environment.TRACEPARENT, environment.TRACESTATE);
}

/** A trace that begins here. */
export function newTrace(random: RandomBytes, sampled = true): TraceContext {
  return { traceId: hexId(random, 16), spanId: hexId(random, 8), flags: sampled ? 1 : 0, tracestate: undefined };
}

/** The same trace with a span id of our own: what a hop puts on the messages it sends. */
export function childSpan(parent: TraceContext, random: RandomBytes): TraceContext {
  return { ...parent, spanId: hexId(random, 8) };
}

/** A trace as the text of the W3C header. */
export function traceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.flags.toString(16).padStart(2, '0')}`;
}

/** A trace as a message carries it, under `_trace_context`. */
export function traceCarrier(context: TraceContext): TraceCarrier {
  const carrier: TraceCarrier = { traceparent: traceparent(context) };
  if (context.tracestate !== undefined) carrier.tracestate = context.tracestate;
  return carrier;
}

function hexId(random: RandomBytes, bytes: number): string {
  const given = random(bytes);
  const id = (Buffer.isBuffer(given) ? given : Buffer.from(given)).toString('hex');
  // An id of zeros is invalid; a source that gives one is as good with a last digit of 1.
  return id.startsWith('0') && /^0*$/.test(id) ? '1'.padStart(bytes * 2, '0') : id;
}

const STATE_KEY = '(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})';
const STATE_VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const STATE_MEMBER = new RegExp(`^${STATE_KEY}=${STATE_VALUE}$`);

/** A tracestate that breaks W3C's rules is dropped whole; the trace itself goes on. */
function usableTracestate(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 8192) return undefined;
  const members = value.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const filled = members.filter((member) => member !== '');
  if (filled.length === 0 || filled.length > 32 || !filled.every((member) => STATE_MEMBER.test(member)))
    return undefined;
  const keys = new Set(filled.map((member) => member.slice(0, member.indexOf('='))));
  return keys.size === filled.length ? value : undefined;
}
