import { isHeddleError } from '../errors.ts';
import { type Clock, systemClock, type Timer } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { flushPublished } from './flush.ts';
import { type HeardProbe, openHeardProbe } from './heard.ts';

/**
 * `unconfirmed`: the connection broke before the server confirmed, so it may or may not have arrived. `unsent`: it never
 * left. `unheard`: it arrived after a reconnect, again and again, and nobody was there to hear it.
 */
export type Loss = 'unconfirmed' | 'unsent' | 'unheard';

export interface Parcel {
  readonly subject: string;
  readonly text: string;
  /** Told once, and only when it went wrong. */
  readonly lost: (how: Loss, reason: string) => void;
}

export interface Outbox {
  send(parcel: Parcel): void;
  /** Not yet confirmed by the server. */
  readonly open: number;
  /** Resolves when all is confirmed or given up; at the latest after `withinMs`, when what is left is reported as lost. */
  settle(withinMs: number): Promise<void>;
}

/** After a reconnect the others reconnect too, and hear nothing until they have; clients wait up to 30 s between attempts. */
const CARE_MS = 30_000;
const RETRY_MS = 250;

/**
 * Sends results so that each arrives once. While the connection is down they are held; once handed over, the server's pong
 * confirms them. What was under way when a connection broke is reported, not sent again: core NATS cannot tell whether it
 * arrived, and a second result for one task is worse than a reported doubt. For a while after a reconnect the server is
 * asked whether anybody hears, and what nobody heard is sent again.
 */
export function createOutbox(transport: Transport, clock: Clock = systemClock): Outbox {
  const held: Parcel[] = [];
  let handed: Parcel[] = [];
  let confirming: Parcel[] = [];
  const retrying = new Set<Parcel>();
  let connected = true;
  let care: Care | undefined;
  let retry: Timer | undefined;
  let waiters: (() => void)[] = [];

  const undo = transport.onEvent((event) => {
    if (event.kind === 'disconnected') connected = false;
    else if (event.kind === 'reconnected') {
      connected = true;
      care?.end();
      care = careFor(transport, clock, () => {
        care = undefined;
      });
      handOver();
    } else if (event.kind === 'closed') giveUp('the connection was closed');
  });

  const handOver = (): void => {
    while (connected && held.length > 0) {
      const parcel = held[0] as Parcel;
      try {
        transport.publish(parcel.subject, parcel.text, care?.optionsFor(parcel));
      } catch (thrown) {
        if (isGone(thrown)) {
          // Until the connection says that it is back, or gone for good.
          connected = false;
          return;
        }
        held.shift();
        parcel.lost('unsent', thrown instanceof Error ? thrown.message : String(thrown));
        continue;
      }
      held.shift();
      handed.push(parcel);
    }
    void confirm();
  };

  /** One flush at a time confirms everything handed over before it. */
  const confirm = async (): Promise<void> => {
    if (confirming.length > 0) return;
    while (handed.length > 0) {
      confirming = handed;
      handed = [];
      try {
        await flushPublished(transport);
        // An answer "nobody" comes before the pong.
        for (const parcel of confirming) if (care?.wasUnheard(parcel) === true) again(parcel);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        for (const parcel of confirming) parcel.lost('unconfirmed', reason);
      }
      confirming = [];
    }
    settled();
  };

  const again = (parcel: Parcel): void => {
    retrying.add(parcel);
    retry ??= clock.after(RETRY_MS, () => {
      retry = undefined;
      const parcels = [...retrying];
      retrying.clear();
      if (care === undefined) for (const each of parcels) each.lost('unheard', `nobody listens on ${each.subject}`);
      else held.push(...parcels);
      handOver();
    });
  };

  const open = (): number => held.length + handed.length + confirming.length + retrying.size;

  const settled = (): void => {
    if (open() > 0) return;
    const ready = waiters;
    waiters = [];
    for (const waiter of ready) waiter();
  };

  const giveUp = (reason: string): void => {
    for (const parcel of held.splice(0)) parcel.lost('unsent', reason);
    for (const parcel of handed.splice(0)) parcel.lost('unconfirmed', reason);
    // Those being confirmed are reported when their flush rejects, or here when it never ends.
    for (const parcel of confirming.splice(0)) parcel.lost('unconfirmed', reason);
    for (const parcel of retrying) parcel.lost('unheard', `nobody listens on ${parcel.subject}`);
    retrying.clear();
    settled();
  };

  return {
    get open() {
      return open();
    },
    send(parcel) {
      held.push(parcel);
      if (connected) handOver();
    },
    async settle(withinMs) {
      if (open() > 0) {
        const done = new Promise<void>((resolve) => waiters.push(resolve));
        await within(clock, done, withinMs);
        giveUp('the bus did not take it before the grace ended');
      }
      clock.cancel(retry);
      care?.end();
      undo();
    },
  };
}

/** For a time, each message asks the server to say when it reached nobody. */
interface Care {
  /** What to publish with. */
  optionsFor(parcel: Parcel): { reply: string } | undefined;
  /** Asked once, after the server has confirmed it; then it is forgotten. */
  wasUnheard(parcel: Parcel): boolean;
  end(): void;
}

function careFor(transport: Transport, clock: Clock, over: () => void): Care {
  const asked = new Map<Parcel, string>();
  const unheard = new Set<string>();
  let probe: HeardProbe | undefined;
  try {
    probe = openHeardProbe(transport, { unheard: (token) => unheard.add(token) });
  } catch {
    // Without it nothing is worse than it always is.
  }
  let count = 0;
  const end = (): void => {
    clock.cancel(timer);
    probe?.close();
    over();
  };
  const timer = clock.after(CARE_MS, end);
  clock.unref(timer);
  return {
    optionsFor(parcel) {
      count += 1;
      const token = String(count);
      const reply = probe?.replyFor(token);
      if (reply === undefined) return undefined;
      asked.set(parcel, token);
      return { reply };
    },
    wasUnheard(parcel) {
      const token = asked.get(parcel);
      asked.delete(parcel);
      return token !== undefined && unheard.delete(token);
    },
    end,
  };
}

function isGone(thrown: unknown): boolean {
  return isHeddleError(thrown) && (thrown.code === 'connection_lost' || thrown.code === 'connection_closed');
}
