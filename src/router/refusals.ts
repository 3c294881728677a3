import { readPubAck } from '../delivery/heard.ts';
import type { HeddleError } from '../errors.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { PublishOptions, Subscription, Transport } from '../transport/transport.ts';

/** Publishes refusals; where a stream keeps them, its acknowledgement is waited for beside the routing, never before it. */
export interface Refusals {
  /** Publishes one. Throws what `publish` throws. */
  send(subject: string, envelope: string): void;
  /** Resolves when no acknowledgement is awaited any more, at the latest after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface RefusalsOptions {
  readonly clock: Clock;
  /** For the id by which a stream knows one that it has already. */
  readonly uuid: () => string;
  /** A stream that kept refusals before did not keep this one, or does not say so. */
  readonly unkept: (subject: string, reason: string) => void;
}

interface Awaited {
  readonly subject: string;
  readonly envelope: string;
  readonly id: string;
  readonly sentAt: number;
  readonly tries: number;
}

const ACK_MS = 5000;
/** Sent again under its id, a stream keeps it once; who only listens hears it twice, so it is done rarely. */
const MOST_TRIES = 3;
/** A stream that is away must not fill the memory of a router. */
const MOST_AWAITED = 10_000;
const MESSAGE_ID = 'Nats-Msg-Id';

export function createRefusals(transport: Transport, { clock, uuid, unkept }: RefusalsOptions): Refusals {
  const awaited = new Map<string, Awaited>();
  let acknowledgements: Subscription | undefined;
  let inbox = '';
  let count = 0;
  /** A stream answered once: from then on, silence means something. */
  let isKept = false;
  let timer: Timer | undefined;
  let settled: () => void = () => {};

  const hear = (token: string, data: Uint8Array): void => {
    const sent = awaited.get(token);
    const answer = readPubAck(data);
    if (sent === undefined || answer === undefined) return;
    awaited.delete(token);
    isKept = true;
    if (!answer.kept) unkept(sent.subject, `the stream "${answer.stream}" refused it`);
    if (awaited.size === 0) settled();
  };
  const look = (): void => {
    const now = clock.elapsed();
    for (const [token, sent] of awaited) {
      if (now - sent.sentAt < ACK_MS) break;
      awaited.delete(token);
      // Nobody keeps refusals here, and nothing was promised.
      if (!isKept) continue;
      if (sent.tries >= MOST_TRIES) unkept(sent.subject, `no stream acknowledged it, sent ${sent.tries} times`);
      else {
        try {
          publish({ ...sent, tries: sent.tries + 1, sentAt: now });
        } catch (thrown) {
          unkept(sent.subject, (thrown as HeddleError).message);
        }
      }
    }
    if (awaited.size === 0) settled();
  };
  const begin = (): void => {
    inbox = transport.inbox();
    acknowledgements = transport.subscribe(`${inbox}.*`, ({ subject, data }) =>
      hear(subject.slice(inbox.length + 1), data),
    );
    timer = clock.every(ACK_MS / 5, look);
    clock.unref(timer);
  };
  const publish = (sent: Awaited): void => {
    count += 1;
    const token = String(count);
    const options: PublishOptions = { reply: `${inbox}.${token}`, headers: { [MESSAGE_ID]: sent.id } };
    transport.publish(sent.subject, sent.envelope, options);
    awaited.set(token, sent);
  };

  return {
    send(subject, envelope) {
      if (!transport.info.headers || awaited.size >= MOST_AWAITED) {
        transport.publish(subject, envelope);
        if (isKept && transport.info.headers) unkept(subject, `${MOST_AWAITED} others wait for their acknowledgement`);
        return;
      }
      if (acknowledgements === undefined) begin();
      publish({ subject, envelope, id: uuid(), sentAt: clock.elapsed(), tries: 1 });
    },
    async stop(graceMs) {
      if (isKept && awaited.size > 0) {
        const all = new Promise<void>((resolve) => {
          settled = resolve;
        });
        await within(clock, all, graceMs);
      }
      clock.cancel(timer);
      acknowledgements?.unsubscribe();
    },
  };
}
