import { type HeddleError, isHeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';

export interface Parcel {
  readonly subject: string;
  readonly text: string;
  /** Told once, and only when it went wrong. */
  readonly lost: (how: 'unconfirmed' | 'unsent', reason: string) => void;
}

export interface Outbox {
  send(parcel: Parcel): void;
  /** Not yet confirmed by the server. */
  readonly open: number;
  /** Resolves when all is confirmed or given up; at the latest after `withinMs`, when what is left is reported as lost. */
  settle(withinMs: number): Promise<void>;
}

/**
 * Sends results so that each is sent once. While the connection is down they are held; once handed over, the server's pong
 * confirms them. What was under way when a connection broke is reported, not sent again: core NATS cannot tell whether it
 * arrived, and a second result for one task is worse than a reported doubt.
 */
export function createOutbox(transport: Transport): Outbox {
  const held: Parcel[] = [];
  let handed: Parcel[] = [];
  let confirming: Parcel[] = [];
  let connected = true;
  let waiters: (() => void)[] = [];

  const undo = transport.onEvent((event) => {
    if (event.kind === 'disconnected') connected = false;
    else if (event.kind === 'reconnected') {
      connected = true;
      handOver();
    } else if (event.kind === 'closed') giveUp('the connection was closed');
  });

  const handOver = (): void => {
    while (connected && held.length > 0) {
      const parcel = held[0] as Parcel;
      try {
        transport.publish(parcel.subject, parcel.text);
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
        await transport.flush();
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        for (const parcel of confirming) parcel.lost('unconfirmed', reason);
      }
      confirming = [];
    }
    settled();
  };

  const settled = (): void => {
    if (held.length + handed.length + confirming.length > 0) return;
    const ready = waiters;
    waiters = [];
    for (const waiter of ready) waiter();
  };

  const giveUp = (reason: string): void => {
    for (const parcel of held.splice(0)) parcel.lost('unsent', reason);
    for (const parcel of handed.splice(0)) parcel.lost('unconfirmed', reason);
    // Those being confirmed are reported when their flush rejects, or here when it never ends.
    for (const parcel of confirming.splice(0)) parcel.lost('unconfirmed', reason);
    settled();
  };

  return {
    get open() {
      return held.length + handed.length + confirming.length;
    },
    send(parcel) {
      held.push(parcel);
      if (connected) handOver();
    },
    async settle(withinMs) {
      if (held.length + handed.length + confirming.length > 0) {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, withinMs);
        });
        await Promise.race([new Promise<void>((resolve) => waiters.push(resolve)), late]);
        clearTimeout(timer);
        giveUp('the bus did not take it before the grace ended');
      }
      undo();
    },
  };
}

function isGone(thrown: unknown): boolean {
  if (!isHeddleError(thrown)) return false;
  return (thrown as HeddleError).code === 'connection_lost' || thrown.code === 'connection_closed';
}
