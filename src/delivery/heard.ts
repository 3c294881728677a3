import type { Transport } from '../transport/transport.ts';

/** Was anybody listening when the message arrived? `unknown`: the server could not tell, or only watchers or a stream took it. */
export type Heard = 'yes' | 'no' | 'unknown';

/** What came back of one message. */
export interface Hearing {
  readonly heard: Heard;
  /** A JetStream stream has it. Whether anybody listens besides, its acknowledgement does not tell: `heard` is `unknown`. */
  readonly storedBy?: string | undefined;
}

/** The same in one word, for who answers for others. */
export type Fate = 'seen' | 'stored' | 'unknown' | 'no';

/** What is known of a message, in one word. */
export function fateOf({ heard, storedBy }: Hearing): Fate {
  if (storedBy !== undefined) return 'stored';
  return heard === 'yes' ? 'seen' : heard;
}

/** Told of a message by its token. */
export interface HeardNews {
  /** Nobody was subscribed. Comes before the pong of the flush that follows the message. */
  unheard(token: string): void;
  /** A stream acknowledged it. May come a moment after the pong. Undefined: it refused to keep it. */
  acknowledged?(token: string, stream: string | undefined): void;
}

/**
 * Learns from the server which published messages nobody heard: a message with a reply subject that meets no
 * subscription comes back as status 503 on that subject, before the pong of the flush that follows it. One
 * subscription serves any number of messages, told apart by the last token. A stream counts as a subscription for the
 * server, and gives itself away by its acknowledgement, unless it was told to give none.
 */
export interface HeardProbe {
  /** What to publish with; undefined when the server will not tell. */
  replyFor(token: string | number): string | undefined;
  /** False when the inbox was refused, known after the first flush. */
  readonly usable: boolean;
  close(): void;
}

const NO_RESPONDERS = 503;
const BLIND: HeardProbe = { replyFor: () => undefined, usable: false, close: () => {} };

export function openHeardProbe(transport: Transport, news: HeardNews): HeardProbe {
  if (!transport.info.headers) return BLIND;
  const inbox = transport.inbox();
  const pattern = `${inbox}.*`;
  let usable = true;
  const undo = transport.onEvent((event) => {
    if (event.kind === 'permission' && event.operation === 'subscribe' && event.subject === pattern) usable = false;
  });
  const subscription = transport.subscribe(pattern, (message) => {
    const token = message.subject.slice(inbox.length + 1);
    if (message.headers?.code === NO_RESPONDERS) return news.unheard(token);
    const ack = readPubAck(message.data);
    if (ack !== undefined) news.acknowledged?.(token, ack.kept ? ack.stream : undefined);
  });
  return {
    replyFor: (token) => (usable ? `${inbox}.${token}` : undefined),
    get usable() {
      return usable;
    },
    close: () => {
      undo();
      subscription.unsubscribe();
    },
  };
}

/** What a JetStream stream answers to what is published into it; undefined for anything else. */
export function readPubAck(data: Uint8Array): { readonly stream: string; readonly kept: boolean } | undefined {
  let ack: unknown;
  try {
    ack = JSON.parse(UTF8.decode(data));
  } catch {
    return undefined;
  }
  if (typeof ack !== 'object' || ack === null) return undefined;
  const { stream, seq, error } = ack as Readonly<Record<string, unknown>>;
  if (typeof stream !== 'string' || stream === '') return undefined;
  // A stream that is full answers with its name too.
  return { stream, kept: typeof seq === 'number' && seq > 0 && error === undefined };
}

const UTF8 = new TextDecoder();
