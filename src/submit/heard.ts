import type { Transport } from '../transport/transport.ts';

/** Was anybody listening when the message arrived? `unknown`: the server could not tell, or only watchers listen. */
export type Heard = 'yes' | 'no' | 'unknown';

/**
 * Learns from the server which published messages nobody heard: a message with a reply subject that meets no
 * subscription comes back as status 503 on that subject, before the pong of the flush that follows it. One
 * subscription serves any number of messages, told apart by the last token.
 */
export interface HeardProbe {
  /** What to publish with; undefined when the server will not tell. */
  replyFor(token: string | number): string | undefined;
  /** False when the inbox was refused, known after the first flush. */
  readonly usable: boolean;
  close(): void;
}

const NO_RESPONDERS = 503;

export function openHeardProbe(transport: Transport, onUnheard: (token: string) => void): HeardProbe {
  if (!transport.info.headers) return { replyFor: () => undefined, usable: false, close: () => {} };
  const inbox = transport.inbox();
  const pattern = `${inbox}.*`;
  let usable = true;
  const undo = transport.onEvent((event) => {
    if (event.kind === 'permission' && event.operation === 'subscribe' && event.subject === pattern) usable = false;
  });
  const subscription = transport.subscribe(pattern, (message) => {
    if (message.headers?.code === NO_RESPONDERS) onUnheard(message.subject.slice(inbox.length + 1));
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
