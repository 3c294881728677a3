import { hash } from 'node:crypto';
import type { Fate } from '../../delivery/heard.ts';

/** Ids of requests, which are the last tokens of their result subjects: by their beginning a gateway knows its own. */
export const REQUEST_PREFIX = 'gw-';

/**
 * The id of a task that a request sends, whose parent is the request; a goal has the request's own. So whether an answer is the
 * request's, or that of a stage on its way, is known without looking anything up.
 */
export function taskIdOf(id: string): string {
  return id.slice(REQUEST_PREFIX.length);
}

export function isAnswerOf(id: string, messageId: string): boolean {
  return messageId === id || messageId === taskIdOf(id);
}

/** Names of principals and clients as one token each: whatever they hold, they add nothing to a subject or a key. */
export function addressToken(name: string): string {
  return hash('sha256', name, 'base64url').slice(0, 22);
}

/** What is kept of one request. Nothing of who asked but the name of the token. */
export interface RequestRecord {
  readonly id: string;
  readonly kind: 'task' | 'goal';
  /** The task's or the goal's, on the wire. */
  readonly message_id: string;
  readonly worker_type: string | null;
  /** The name of the token, or of the webhook; only its holder may read the request. */
  readonly owner: string;
  /** The client that is told of it; null: all clients of its owner. Absent from records of before. */
  readonly client_id?: string | null | undefined;
  /** What a client started under a name of its own, and is told of in the words of such clients. */
  readonly playbook?: string | null | undefined;
  /** Who else asked to be told how it goes. */
  readonly watchers?: readonly Watcher[] | undefined;
  /** Of the body, where a key makes a second request the same one. */
  readonly body_hash: string | null;
  /**
   * `running`: the first request with this key has no answer yet; after `until` its process counts as dead. `forgotten`: deleted by
   * its owner. `expired`: its answer was let go when its lifetime was over; others whose lifetime is over stand as they stood.
   */
  readonly state: 'running' | 'accepted' | 'done' | 'forgotten' | 'expired';
  /** Milliseconds since 1970. */
  readonly until: number | null;
  readonly listener: Exclude<Fate, 'no'> | null;
  readonly traceparent: string | null;
  readonly created_at: string;
  readonly answer: RequestAnswer | null;
  /** Where else the answer goes. */
  readonly reply?: AnswerTo | undefined;
}

/** A topic of MQTT for an answer. It stands in the record, so that any replica can give it. */
export interface AnswerTo {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly send: 'result' | 'output';
  /** In base64. */
  readonly correlation?: string | undefined;
}

export interface Watcher {
  readonly owner: string;
  readonly client: string;
}

export interface RequestAnswer {
  /** `refused`: by the router, and `reason` says why. */
  readonly status: 'completed' | 'failed' | 'refused';
  readonly at: string;
  readonly reason: string | null;
  /** Of the result as it came. */
  readonly bytes: number;
  /** It was larger than what is kept. */
  readonly omitted: boolean;
  /** Of what was brought over HTTP, so that the same again is known; undefined: it came over the bus. */
  readonly brought?: string | undefined;
}

/** A record, and the result exactly as it came, where it is kept. */
export interface KeptRequest {
  readonly record: RequestRecord;
  readonly result: string | undefined;
}

const NEWLINE = 0x0a;

/** The record on one line, then the result: no number of it is ever written again. */
export function encodeRequest({ record, result }: KeptRequest): string {
  const head = JSON.stringify(record);
  return result === undefined ? head : `${head}\n${result}`;
}

/**
 * What is left of one whose lifetime is over: who asked, and who is told what the bus still says of it. One that holds no result is
 * small, and stays as it is: reading and writing each anew would cost more than holding it.
 */
export function expiredRequest(value: Uint8Array | string): Uint8Array | string {
  if (typeof value === 'string' ? !value.includes('\n') : !value.includes(NEWLINE)) return value;
  const kept = decodeRequest(typeof value === 'string' ? Buffer.from(value) : value);
  if (kept === undefined || kept.record.state === 'forgotten') return value;
  const record: RequestRecord = { ...kept.record, state: 'expired', until: null, answer: null };
  return encodeRequest({ record, result: undefined });
}

/** undefined for what is no record of ours. */
export function decodeRequest(value: Uint8Array): KeptRequest | undefined {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  const end = text.indexOf('\n');
  try {
    const record = JSON.parse(end < 0 ? text : text.slice(0, end)) as RequestRecord;
    if (typeof record?.id !== 'string' || typeof record.state !== 'string') return undefined;
    return { record, result: end < 0 ? undefined : text.slice(end + 1) };
  } catch {
    return undefined;
  }
}
