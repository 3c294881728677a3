import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';

/** What a batch must know of its connection: whether it is up, and whether it ever was not. */
export interface Link {
  /** Changes with every loss: what was published under another number, and not confirmed, may not have arrived. */
  readonly losses: number;
  readonly up: boolean;
  /** Resolves when the connection is up; rejects when it is gone for good, was away too long, or the signal says so. */
  whenUp(patienceMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function watchLink(transport: Transport, clock: Clock): Link {
  let losses = 0;
  let up = true;
  let gone: HeddleError | undefined;
  const waiters = new Set<() => void>();
  const wake = (): void => {
    for (const waiter of [...waiters]) waiter();
  };
  const undo = transport.onEvent((event) => {
    if (event.kind === 'disconnected') {
      losses += 1;
      up = false;
    } else if (event.kind === 'reconnected') {
      up = true;
      wake();
    }
  });
  void transport.closed.then((reason) => {
    gone = reason ?? new HeddleError('connection_closed', 'the connection was closed');
    up = false;
    wake();
  });
  return {
    get losses() {
      return losses;
    },
    get up() {
      return up;
    },
    whenUp: async (patienceMs, signal) => {
      if (up) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clock.cancel(timer);
          signal.removeEventListener('abort', done);
          waiters.delete(done);
          resolve();
        };
        const timer = clock.after(patienceMs, done);
        waiters.add(done);
        signal.addEventListener('abort', done, { once: true });
        if (gone !== undefined || signal.aborted) done();
      });
      signal.throwIfAborted();
      if (gone !== undefined) throw gone;
      if (up) {
        // The first flush after a loss tells of what was lost; the next ones tell of what comes now.
        await transport.flush().catch(() => {});
        return;
      }
      throw new HeddleError(
        'connection_lost',
        `the connection to ${transport.url} was away for ${patienceMs / 1000} s`,
        { remedy: { do: 'wait-for-reconnect' } },
      );
    },
    close: () => {
      undo();
      wake();
    },
  };
}
