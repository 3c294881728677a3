import { isJsonObject, type JsonObject } from '../contract/json.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Message, Transport } from '../transport/transport.ts';

/** The little of the JetStream API that reading the past takes, over plain requests. */

const API_MS = 5000;
/** Consumers that we forget in a crash remove themselves. */
const FORGOTTEN_NS = 60_000_000_000;

export interface Consumer {
  readonly stream: string;
  readonly name: string;
  /** Messages that it has for us. */
  readonly pending: number;
}

/** From where a consumer reads. */
export type Start = { readonly sequence: number } | { readonly time: string } | 'all';

/** Names of the streams that keep messages of this pattern. Throws when there is no JetStream here. */
export async function streamsWith(transport: Transport, pattern: string): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const page = await ask(transport, '$JS.API.STREAM.NAMES', { subject: pattern, offset: names.length });
    const streams = Array.isArray(page.streams) ? page.streams.filter((name) => typeof name === 'string') : [];
    names.push(...streams);
    if (streams.length === 0 || names.length >= Number(page.total)) return names;
  }
}

export async function lastSequence(transport: Transport, stream: string): Promise<{ first: number; last: number }> {
  const info = await ask(transport, `$JS.API.STREAM.INFO.${stream}`, {});
  const state = isJsonObject(info.state) ? info.state : {};
  return { first: Number(state.first_seq ?? 0), last: Number(state.last_seq ?? 0) };
}

export async function createConsumer(
  transport: Transport,
  stream: string,
  pattern: string,
  start: Start,
): Promise<Consumer> {
  const from =
    start === 'all'
      ? { deliver_policy: 'all' }
      : 'sequence' in start
        ? { deliver_policy: 'by_start_sequence', opt_start_seq: start.sequence }
        : { deliver_policy: 'by_start_time', opt_start_time: start.time };
  const config = {
    ...from,
    ack_policy: 'none',
    replay_policy: 'instant',
    filter_subject: pattern,
    inactive_threshold: FORGOTTEN_NS,
    mem_storage: true,
    num_replicas: 1,
  };
  const made = await ask(transport, `$JS.API.CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
  if (typeof made.name !== 'string') throw odd(`CONSUMER.CREATE.${stream}`);
  return { stream, name: made.name, pending: Number(made.num_pending ?? 0) };
}

export async function deleteConsumer(transport: Transport, { stream, name }: Consumer): Promise<void> {
  // It would remove itself; this only tidies up.
  await ask(transport, `$JS.API.CONSUMER.DELETE.${stream}.${name}`, {}).catch(() => {});
}

/** A message out of a stream. */
export interface Kept {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly sequence: number;
  /** Milliseconds since 1970, when the stream took it. */
  readonly at: number;
  /** How many of this consumer follow. */
  readonly left: number;
}

/** The next messages, at most `batch`; fewer only when there are no more. */
export async function nextMessages(
  transport: Transport,
  consumer: Consumer,
  batch: number,
  clock: Clock,
): Promise<Kept[]> {
  const inbox = transport.inbox();
  const kept: Kept[] = [];
  let settle: (error?: HeddleError) => void = () => {};
  const over = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  const subscription = transport.subscribe(inbox, (message) => {
    const code = message.headers?.code ?? 0;
    if (code !== 0) return settle();
    const one = keptOf(message);
    if (one !== undefined) kept.push(one);
    if (one === undefined || one.left === 0 || kept.length >= batch) settle();
  });
  const timer = clock.after(API_MS, () => {
    settle(
      new HeddleError('timeout', `the stream ${JSON.stringify(consumer.stream)} sent nothing for ${API_MS / 1000} s`),
    );
  });
  try {
    const question = JSON.stringify({ batch, no_wait: true });
    transport.publish(`$JS.API.CONSUMER.MSG.NEXT.${consumer.stream}.${consumer.name}`, question, { reply: inbox });
    await over;
    return kept;
  } finally {
    clock.cancel(timer);
    subscription.unsubscribe();
  }
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<ns>.<left>`; later servers put a domain and an account before. */
function keptOf({ subject, data, reply = '' }: Message): Kept | undefined {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined;
  const base = tokens.length === 9 ? 2 : 4;
  const sequence = Number(tokens[base + 3]);
  const at = Number(BigInt(tokens[base + 5] ?? '0') / 1_000_000n);
  return { subject, data, sequence, at, left: Number(tokens[base + 6]) };
}

async function ask(transport: Transport, subject: string, question: JsonObject): Promise<JsonObject> {
  let answer: Message;
  try {
    answer = await transport.request(subject, JSON.stringify(question), { timeoutMs: API_MS });
  } catch (error) {
    if (isHeddleError(error) && (error.code === 'nobody_listens' || error.code === 'timeout'))
      throw noJetStream(transport);
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(answer.data));
  } catch {
    throw odd(subject);
  }
  if (!isJsonObject(value)) throw odd(subject);
  if (isJsonObject(value.error)) {
    const said = String(value.error.description ?? value.error.code).slice(0, 200);
    if (value.error.code === 503 || /jetstream not enabled/i.test(said)) throw noJetStream(transport);
    throw new HeddleError('input_unreadable', `the server cannot give the past: ${said} (${subject})`);
  }
  return value;
}

export function noJetStream(transport: Transport): HeddleError {
  return new HeddleError(
    'no_match',
    `${transport.url} keeps no messages: JetStream is not enabled for this user there`,
    {
      hint: 'Without it only what comes from now on can be shown. In nats-server: jetstream { store_dir: ... }, then a stream that captures the subjects.',
    },
  );
}

function odd(subject: string): HeddleError {
  return new HeddleError('input_unreadable', `the answer to ${subject} cannot be read`);
}
