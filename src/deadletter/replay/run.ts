import { setMaxListeners } from 'node:events';
import { watchLink } from '../../delivery/link.ts';
import { Sender } from '../../delivery/sender.ts';
import type { Expectation } from '../../delivery/wait/expectation.ts';
import { ResultWatch } from '../../delivery/wait/result-watch.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Home } from '../home.ts';
import { workKeyOf } from '../journal.ts';
import { Ledger } from './ledger.ts';
import { type How, type Outgoing, outgoing } from './outgoing.ts';
import type { Row } from './selection.ts';
import type { ItemNews, ItemOutcome, Tally } from './tally.ts';
import { type Found, textsOf } from './texts.ts';

export interface RunOptions {
  readonly home: Home;
  readonly bus: Transport;
  readonly clock: Clock;
  readonly operation: string;
  readonly rows: readonly Row[];
  readonly how: How;
  /** When the next may leave: see delivery. */
  readonly pace: { take(wanted: number, signal: AbortSignal): Promise<number> };
  /** Under way at once. */
  readonly concurrency: number;
  /** Each is followed to its answer for so long; undefined: nobody waits. */
  readonly waitMs: number | undefined;
  readonly resendUncertain: boolean;
  /** What the clock of whoever keeps the letters is ahead of ours. */
  readonly skewMs: number;
  /** How long a connection may stay away. */
  readonly patienceMs: number;
  /** Nothing more leaves; what is under way is seen through. */
  readonly signal: AbortSignal;
  readonly tally: Tally;
  readonly onItem: (news: ItemNews) => void;
}

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
        await sleep(clock, RETRY_MS, over.signal);
      }
    }
  };
  let brokeAt: number | undefined;
  /** A reading that gives something in between has all the patience again. */
  const again = async (error: unknown): Promise<void> => {
    brokeAt ??= clock.elapsed();
    if (!mayPass(error) || clock.elapsed() - brokeAt > options.patienceMs) throw error;
    await link.whenUp(options.patienceMs, over.signal);
    await sleep(clock, RETRY_MS, over.signal);
  };
  const ledger = new Ledger({ ...options, journal: home.journal, steady });
  const sender = new Sender(bus, clock);
  const watch = options.waitMs === undefined ? undefined : new ResultWatch(bus, { clock, lingerMs: 0 });
  const ours: Ours = {
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
      const item = one(ours, found)
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

interface Ours {
  readonly options: RunOptions;
  readonly link: ReturnType<typeof watchLink>;
  readonly ledger: Ledger;
  readonly sender: Sender;
  readonly watch: ResultWatch | undefined;
  /** Ids whose answers are awaited: of two letters of one task the second waits for the first. */
  readonly following: Map<string, Promise<void>>;
  readonly over: AbortSignal;
  /** How many losses of the connection a flush has told of. */
  told: number;
  unheard(subject: string): void;
}

async function one(ours: Ours, { row, kind, original }: Found): Promise<void> {
  const { options, ledger } = ours;
  const { tally, onItem, how, operation } = options;
  const tell = (outcome: ItemOutcome, detail?: string): void => {
    tally.counts[outcome] += 1;
    onItem({ id: row.id, outcome, detail });
  };
  if (original === undefined) return tell('gone');
  const made = outgoing(original, { id: row.id, kind }, how, operation);
  if ('unsendable' in made) return tell('unsendable', made.unsendable);
  const { losses } = ours.link;
  const claim = await ledger.claim(row);
  if (claim !== 'claimed') return tell(claim);
  await inTurn(ours, made.id, async () => {
    const outcome = await send(ours, row, made, losses);
    tell(outcome.is, outcome.detail);
  });
}

/** Of one id at a time, where answers are awaited: who answered could not be told otherwise. */
async function inTurn({ following, watch }: Ours, id: string | undefined, work: () => Promise<void>): Promise<void> {
  if (watch === undefined || id === undefined) return await work();
  const mine = (following.get(id) ?? Promise.resolve()).then(work);
  const settled = mine
    .catch(() => {})
    .then(() => {
      if (following.get(id) === settled) following.delete(id);
    });
  following.set(id, settled);
  await mine;
}

interface Sent {
  readonly is: ItemOutcome;
  readonly detail?: string | undefined;
}

async function send(ours: Ours, row: Row, made: Outgoing, claimedAt: number): Promise<Sent> {
  const { options, link, ledger, sender, watch, over } = ours;
  const { bus, tally } = options;
  let losses = claimedAt;
  const newWork = made.newWorkId === undefined ? undefined : workKeyOf(made.newWorkId);
  for (;;) {
    try {
      await ready(ours, row, losses);
    } catch (error) {
      if (!over.aborted) throw error;
      await ledger.open(row);
      return { is: 'unheard', detail: 'it did not leave any more' };
    }
    losses = link.losses;
    const through = bus.info.serverId;
    const expectation = expect(ours, made);
    try {
      const arrival = await sender.publish(made.subject, made.text, {
        leaving: () => {
          ledger.leaving(row, newWork);
          expectation?.sent();
        },
        left: () => ledger.left(row, newWork),
        unheard: () => expectation?.unheard(),
        answered: expectation?.outcome,
      });
      if (arrival.heard === 'no') {
        expectation?.abandon(new HeddleError('nobody_listens', 'nobody listened'));
        await ledger.open(row);
        ours.unheard(made.subject);
        return { is: 'unheard', detail: `nobody listens on ${made.subject}` };
      }
      if (arrival.storedBy !== undefined) tally.stored += 1;
      else if (arrival.heard === 'unknown') tally.unknown += 1;
    } catch (error) {
      expectation?.abandon(asHeddle(error));
      if (!isLoss(error)) {
        await ledger.open(row);
        if (isHeddleError(error) && LOCAL.has(error.code)) return { is: 'unsendable', detail: error.message };
        throw error;
      }
      const far = await afterLoss(ours, row, newWork, through);
      if (far === 'again') continue;
      if (far !== 'sent') return { is: far };
      tally.unknown += 1;
    }
    await ledger.sent(row, newWork);
    return expectation === undefined || watch === undefined
      ? { is: 'sent' }
      : await follow(expectation, options.signal);
  }
}

/**
 * Resolves when the connection is the one of the claim, or the claim has been renewed on the one there is: the journal is there then,
 * and takes what is written in step. Published while the connection is away, a message would leave whenever it is back, and nobody
 * could call it back.
 */
async function ready(ours: Ours, row: Row, claimedAt: number): Promise<void> {
  const { options, link, ledger, over } = ours;
  for (let losses = claimedAt; !link.up || link.losses !== losses || ours.told !== losses; ) {
    await link.whenUp(options.patienceMs, over);
    losses = link.losses;
    if (ours.told !== losses) {
      // The first flush after a loss tells of what was lost; it must not be that of a message which leaves now.
      await options.bus.flush().catch(() => {});
      ours.told = losses;
    }
    if (losses !== claimedAt) await ledger.renew(row);
  }
}

/** What only this one message has, and its connection survives. */
const LOCAL = new Set(['payload_too_large', 'subject_invalid']);

/** The connection broke before the server confirmed: what was written right before and behind the work tells. */
async function afterLoss(
  { options, link, ledger, over }: Ours,
  row: Row,
  newWork: string | undefined,
  through: string,
): Promise<'sent' | 'again' | 'uncertain'> {
  await link.whenUp(options.patienceMs, over);
  // A server that died before it confirmed may have written it down, and not handed it on any more.
  const lives = options.bus.info.serverId === through;
  const state = ledger.inStep && lives ? await ledger.howFar(row) : 'leaving';
  if (state === 'left') return 'sent';
  // It has read all that there was of the old connection, and nothing of this one.
  if (state === 'claimed') return 'again';
  if (options.resendUncertain) return 'again';
  await ledger.uncertain(row, newWork);
  return 'uncertain';
}

function expect({ watch, options }: Ours, { id, work, resultSubject }: Outgoing): Expectation | undefined {
  if (watch === undefined || id === undefined || options.waitMs === undefined) return undefined;
  return watch.expect(
    { id, kind: work, resultSubject },
    { timeoutMs: options.waitMs, sharedSubject: true, passMalformed: true },
  );
}

async function follow(expectation: Expectation, signal: AbortSignal): Promise<Sent> {
  const giveUp = (): void => expectation.abandon(new HeddleError('interrupted', 'nobody waits any more'));
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const outcome = await expectation.outcome;
  signal.removeEventListener('abort', giveUp);
  switch (outcome.kind) {
    case 'completed':
      return { is: 'completed' };
    case 'failed':
      return { is: 'failed_again', detail: outcome.result.error ?? undefined };
    case 'dead_lettered':
      return { is: 'failed_again', detail: outcome.reason };
    case 'malformed':
      return { is: 'failed_again', detail: outcome.problem };
    default:
      return { is: 'unanswered' };
  }
}

function isLoss(error: unknown): boolean {
  return isHeddleError(error) && (error.code === 'connection_lost' || error.code === 'connection_closed');
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

function asHeddle(error: unknown): HeddleError {
  return isHeddleError(error) ? error : new HeddleError('internal', String(error), { cause: error });
}
