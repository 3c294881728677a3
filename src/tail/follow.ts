import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import { isJsonObject } from '../contract/json.ts';
import { subjectMatches } from '../contract/subject-grammar.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';
import type { BusEvent, Message, Subscription, Transport } from '../transport/transport.ts';
import { GapWatch, type OpenGap } from './gap-watch.ts';
import type { GapRecord } from './record.ts';
import { overlap } from './subjects.ts';
import type { Tail } from './tail.ts';

/** What is listened to, and how a gap is noticed. */
export interface FollowOptions {
  readonly patterns: readonly string[];
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined;
  /** Of the connection; a frozen path is noticed after three. */
  readonly pingIntervalMs: number;
  /** Ends at the first sign of a gap instead of waiting for the reconnect. */
  readonly endOnDisconnect?: boolean | undefined;
  /** Is told of each message, besides the tail. */
  readonly alsoSee?: ((subject: string, data: Uint8Array) => void) | undefined;
}

const OPTIONS: Keys<FollowOptions> = {
  patterns: needed(is.texts),
  clock: is.object,
  pingIntervalMs: needed(is.number),
  endOnDisconnect: is.truth,
  alsoSee: is.callback,
};

/** How long a server is asked what it sent in vain. */
const ASK_MS = 1000;

/** Feeds a tail from a bus, with an account of what may have been missed. Resolves when the server took all subscriptions. */
export async function follow(transport: Transport, tail: Tail, options: FollowOptions): Promise<{ stop(): void }> {
  checkArgument('follow', 'the first argument', transport, is.bus);
  checkOptions('follow', options, OPTIONS);
  const { patterns, clock = systemClock } = options;
  const watch = new GapWatch(options.pingIntervalMs);
  let connection = { clientId: transport.info.clientId, serverId: transport.info.serverId, received: 0 };

  const sameSubject = interned();
  const sameMoment = momentOf(clock);
  const take = (message: Message): void => {
    connection.received += 1;
    const subject = sameSubject(message.subject);
    const { data } = message;
    options.alsoSee?.(subject, data);
    tail.take(subject, data, sameMoment());
  };

  const outageSoFar = (): GapRecord | undefined => {
    const open = watch.close();
    return open === undefined ? undefined : gapOf(open, clock.now());
  };
  tail.endsWith(outageSoFar);

  const hear = (event: BusEvent): void => {
    const closed = watch.hear(event, clock.now(), tail.lastMessageAt);
    if (event.kind === 'disconnected' && options.endOnDisconnect) {
      const outage = outageSoFar();
      if (outage !== undefined) tail.gap(outage);
    }
    if (event.kind !== 'reconnected') return;
    const before = connection;
    connection = { clientId: transport.info.clientId, serverId: transport.info.serverId, received: 0 };
    if (closed === undefined) return;
    const gap = gapOf(closed, clock.now());
    if (before.clientId === undefined || before.serverId !== connection.serverId) tail.gap(gap);
    else tail.gapWhen(gap, withServersCount(transport, gap, { ...before, clientId: before.clientId }));
  };

  const undo = transport.onEvent(hear);
  const subscriptions: Subscription[] = patterns.map((pattern, index) => {
    // A message that two patterns match comes twice; the first pattern has it.
    const earlier = patterns.slice(0, index).filter((other) => overlap(other, pattern));
    return transport.subscribe(pattern, earlier.length === 0 ? take : unlessMatched(earlier, take));
  });
  const stop = (): void => {
    undo();
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
  for (const { closed } of subscriptions) {
    void closed.then((error) => {
      if (error !== undefined) tail.fail(error);
    });
  }
  try {
    await transport.flush();
  } catch (error) {
    undo();
    throw error;
  }
  return { stop };
}

/** What the client makes anew for each message would live as long as the message waits. A bus has few subjects. */
function interned(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same !== undefined) return same;
    if (known.size >= MOST_SUBJECTS) known.clear();
    known.set(text, text);
    return text;
  };
}

const MOST_SUBJECTS = 10_000;

/** Messages that come in one turn of the event loop share a time: asking the clock costs as much as taking a message. */
function momentOf(clock: Pick<Clock, 'now'>): () => number {
  let moment: number | undefined;
  const forget = (): void => {
    moment = undefined;
  };
  return () => {
    if (moment === undefined) {
      moment = clock.now();
      nextTurn(forget);
    }
    return moment;
  };
}

function unlessMatched(patterns: readonly string[], take: (message: Message) => void): (message: Message) => void {
  return (message) => {
    const { subject } = message;
    if (!patterns.some((pattern) => subjectMatches(pattern, subject))) take(message);
  };
}

function gapOf(open: OpenGap, to: number): GapRecord {
  const { reason, from, detail } = open;
  return { record: 'gap', reason, from, to, missed: undefined, detail };
}

/** What the server had sent and we never got is lost for certain; what was published while we were away, nobody counted. */
async function withServersCount(
  transport: Transport,
  gap: GapRecord,
  before: { clientId: number; serverId: string; received: number },
): Promise<GapRecord> {
  const sent = await sentBeforeCut(transport, before.clientId, before.serverId, ASK_MS);
  return sent === undefined || sent <= before.received ? gap : { ...gap, atLeast: sent - before.received };
}

const CONNECTIONS = '$SYS.REQ.ACCOUNT.PING.CONNZ';
/** Of the server's three lists: connections that ended. */
const CLOSED = 1;

/**
 * How many messages a server sent to a connection that is gone, by its own books; undefined when it does not say (another
 * server, one that was restarted, or the default account of older ones, whose ended connections it keeps to itself).
 */
async function sentBeforeCut(
  transport: Transport,
  clientId: number,
  serverId: string,
  timeoutMs: number,
): Promise<number | undefined> {
  if (transport.info.serverId !== serverId) return undefined;
  try {
    const question = JSON.stringify({ state: CLOSED, cid: clientId });
    const answer = await transport.request(CONNECTIONS, question, { timeoutMs });
    const page: unknown = JSON.parse(new TextDecoder().decode(answer.data));
    const data = isJsonObject(page) ? page.data : undefined;
    const connections = isJsonObject(data) ? data.connections : undefined;
    if (!Array.isArray(connections)) return undefined;
    const ours: unknown = connections.find((each: unknown) => isJsonObject(each) && each.cid === clientId);
    return isJsonObject(ours) && typeof ours.out_msgs === 'number' ? ours.out_msgs : undefined;
  } catch {
    // A server that does not tell is no failure of the tail.
    return undefined;
  }
}
