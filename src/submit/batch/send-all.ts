import type { BatchEnd, BatchOptions } from './batch.ts';
import type { Window } from './departures.ts';
import { runBatch } from './run-batch.ts';
import type { Desk, Way } from './way.ts';

export interface SendOptions extends BatchOptions {
  /** What to do with messages that were on their way when the connection broke. `resend` may do work twice. */
  readonly onLost: 'report' | 'resend';
}

/** Sends every line, waits for no answer, and never calls a message sent that the server did not confirm. */
export async function sendAll(options: SendOptions): Promise<BatchEnd> {
  return await runBatch(options, (desk) => sending(options, desk));
}

/** A message ends with the confirmation of the server. */
function sending({ onLost, tally, journal }: SendOptions, desk: Desk): Way {
  const unheard = new Set<number>();
  const uncertain = ({ items }: Window): void => {
    for (const item of items) desk.uncertain(item);
  };
  return {
    waits: false,
    resends: onLost === 'resend',
    room: Number.POSITIVE_INFINITY,
    idle: true,
    begin: () => undefined,
    ready: () => Promise.resolve(),
    leaving: () => {},
    withdraw: () => {},
    // Known before the confirmation, and counted with it.
    unheard: (line) => void unheard.add(line),
    confirmed: ({ items, bytes }) => {
      tally.sent += items.length;
      tally.bytes += bytes;
      if (unheard.size === 0 && journal === undefined) return;
      for (const item of items) {
        const lost = unheard.delete(item.line);
        if (lost) desk.unheard(item);
        journal?.record(item.line, item.source, lost ? 'unheard' : 'sent', item.id);
      }
    },
    lost: (window) => {
      if (onLost === 'resend') return true;
      uncertain(window);
      return false;
    },
    uncertain,
    giveUp: () => {},
    afterwards: () => Promise.resolve(),
    close: () => {},
  };
}
