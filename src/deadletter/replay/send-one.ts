import type { Link } from '../../delivery/link.ts';
import type { Sender } from '../../delivery/sender.ts';
import type { Expectation } from '../../delivery/wait/expectation.ts';
import type { ResultWatch } from '../../delivery/wait/result-watch.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { workKeyOf } from '../journal.ts';
import type { Ledger } from './ledger.ts';
import type { RunOptions } from './options.ts';
import { type Outgoing, outgoing } from './outgoing.ts';
import type { Row } from './selection.ts';
import type { ItemOutcome } from './tally.ts';
import type { Found } from './texts.ts';

/** What the letters of one run have in common. */
export interface Common {
  readonly options: RunOptions;
  readonly link: Link;
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

/** Sees one letter through: claimed, sent, noted. Rejects for what ends the whole run. */
export async function sendOne(common: Common, { row, kind, original }: Found): Promise<void> {
  const { options, ledger } = common;
  const { tally, onItem, how, operation } = options;
  const tell = (outcome: ItemOutcome, detail?: string): void => {
    tally.counts[outcome] += 1;
    onItem({ id: row.id, outcome, detail });
  };
  if (original === undefined) return tell('gone');
  const made = outgoing(original, { id: row.id, kind }, how, operation);
  if ('unsendable' in made) return tell('unsendable', made.unsendable);
  const { losses } = common.link;
  const claim = await ledger.claim(row);
  if (claim !== 'claimed') return tell(claim);
  await inTurn(common, made.id, async () => {
    const outcome = await send(common, row, made, losses);
    tell(outcome.is, outcome.detail);
  });
}

/** Of one id at a time, where answers are awaited: who answered could not be told otherwise. */
async function inTurn({ following, watch }: Common, id: string | undefined, work: () => Promise<void>): Promise<void> {
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

async function send(common: Common, row: Row, made: Outgoing, claimedAt: number): Promise<Sent> {
  const { options, link, ledger, sender, watch, over } = common;
  const { bus, tally } = options;
  let losses = claimedAt;
  const newWork = made.newWorkId === undefined ? undefined : workKeyOf(made.newWorkId);
  for (;;) {
    try {
      await ready(common, row, losses);
    } catch (error) {
      if (!over.aborted) throw error;
      await ledger.open(row);
      return { is: 'unheard', detail: 'it did not leave any more' };
    }
    losses = link.losses;
    const through = bus.info.serverId;
    const expectation = expect(common, made);
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
        common.unheard(made.subject);
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
      const far = await afterLoss(common, row, newWork, through);
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
async function ready(common: Common, row: Row, claimedAt: number): Promise<void> {
  const { options, link, ledger, over } = common;
  for (let losses = claimedAt; !link.up || link.losses !== losses || common.told !== losses; ) {
    await link.whenUp(options.patienceMs, over);
    losses = link.losses;
    if (common.told !== losses) {
      // The first flush after a loss tells of what was lost; it must not be that of a message which leaves now.
      await options.bus.flush().catch(() => {});
      common.told = losses;
    }
    if (losses !== claimedAt) await ledger.renew(row);
  }
}

/** What only this one message has, and its connection survives. */
const LOCAL = new Set(['payload_too_large', 'subject_invalid']);

/** The connection broke before the server confirmed: what was written right before and behind the work tells. */
async function afterLoss(
  { options, link, ledger, over }: Common,
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

function expect({ watch, options }: Common, { id, work, resultSubject }: Outgoing): Expectation | undefined {
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

function asHeddle(error: unknown): HeddleError {
  return isHeddleError(error) ? error : new HeddleError('internal', String(error), { cause: error });
}
