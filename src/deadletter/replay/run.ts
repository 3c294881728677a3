import { setMaxListeners } from 'node:events';
import { watchLink } from '../../delivery/link.ts';
import { Sender } from '../../delivery/sender.ts';
import { ResultWatch } from '../../delivery/wait/result-watch.ts';
import { isHeddleError } from '../../errors.ts';
import { sleep } from '../../time/wait.ts';
import { Ledger } from './ledger.ts';
import type { RunOptions } from './options.ts';
import { type Common, sendOne } from './send-one.ts';
import { textsOf } from './texts.ts';

/** Why it ended before all was done; undefined when it was. */
export interface RunEnd {
  readonly stopped: 'asked' | 'unheard' | undefined;
  /** Where nobody listened. */
  readonly unheardSubject: string | undefined;
}

const RETRY_MS = 200;

/** Sends a selection, each letter once. Rejects when the journal cannot be written, or the connection is gone for good. */
export async function run(options: RunOptions): Promise<RunEnd> {
  const { home, bus, clock, rows, pace, concurrency, signal } = options;
  const link = watchLink(bus, clock);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  // Each letter under way listens for the end of all.
  setMaxListeners(0, over.signal, signal, stop);
  let unheardSubject: string | undefined;
  let failure: unknown;

  /** Waits for a connection that is away, and does it again: every write of the journal may be done twice. */
  const steady = async <T>(write: () => Promise<T>): Promise<T> => {
    const giveUpAt = clock.elapsed() + options.patienceMs;
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!mayPass(error) || clock.elapsed() > giveUpAt) throw error;
        await link.whenUp(options.patienceMs, over.signal);
        await sleep(clock, RETRY_MS);
      }
    }
  };
  let brokeAt: number | undefined;
  /** A reading that gives something in between has all the patience again. */
  const again = async (error: unknown): Promise<void> => {
    brokeAt ??= clock.elapsed();
    if (!mayPass(error) || clock.elapsed() - brokeAt > options.patienceMs) throw error;
    await link.whenUp(options.patienceMs, over.signal);
    await sleep(clock, RETRY_MS);
  };
  const ledger = new Ledger({ ...options, journal: home.journal, steady });
  const sender = new Sender(bus, clock);
  const watch = options.waitMs === undefined ? undefined : new ResultWatch(bus, { clock, lingerMs: 0 });
  const common: Common = {
    options,
    link,
    ledger,
    sender,
    watch,
    following: new Map(),
    over: over.signal,
    told: link.losses,
    unheard: (subject) => {
      unheardSubject ??= subject;
      over.abort();
    },
  };
  const underWay = new Set<Promise<void>>();
  try {
    if (watch !== undefined) await sender.ready();
    for await (const found of textsOf(home, rows, stop, again)) {
      brokeAt = undefined;
      if (stop.aborted) break;
      try {
        await pace.take(1, stop);
      } catch {
        break;
      }
      const item = sendOne(common, found)
        .catch((error: unknown) => {
          failure ??= error;
          over.abort();
        })
        .finally(() => underWay.delete(item));
      underWay.add(item);
      if (underWay.size >= concurrency) await Promise.race(underWay);
      if (stop.aborted) break;
    }
    await Promise.all(underWay);
  } catch (error) {
    // A reading that was broken off because it is over has nothing to say.
    if (!stop.aborted) failure ??= error;
    await Promise.all(underWay);
  } finally {
    sender.close();
    watch?.close();
    link.close();
  }
  if (failure !== undefined) throw failure;
  if (unheardSubject !== undefined) return { stopped: 'unheard', unheardSubject };
  return { stopped: signal.aborted ? 'asked' : undefined, unheardSubject: undefined };
}

/** A server that is away, begins, or elects. */
function mayPass(error: unknown): boolean {
  if (!isHeddleError(error)) return false;
  return (
    ['connection_lost', 'timeout', 'nobody_listens'].includes(error.code) ||
    error.retryable === true ||
    error.code === 'no_match'
  );
}
