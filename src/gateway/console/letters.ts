import { systemRandom } from '../../contract/ids.ts';
import { coverageDocument, groupDocument } from '../../deadletter/document.ts';
import { Groups } from '../../deadletter/groups.ts';
import { look } from '../../deadletter/look.ts';
import { endDocument, planDocument } from '../../deadletter/replay/document.ts';
import { Hold } from '../../deadletter/replay/operate.ts';
import { type Plan, plan } from '../../deadletter/replay/plan.ts';
import { run } from '../../deadletter/replay/run.ts';
import { emptyTally } from '../../deadletter/replay/tally.ts';
import { isComplete } from '../../deadletter/scan.ts';
import { chooser } from '../../deadletter/select.ts';
import { type HeddleError, isHeddleError } from '../../errors.ts';
import type { Home } from '../../letters/home.ts';
import { openJetStreamHome } from '../../letters/jetstream-home.ts';
import type { SomeAdvice } from '../../remedy.ts';
import type { Clock } from '../../time/clock.ts';
import { deadline } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import { gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import { isOfTheStore } from '../store-problem.ts';

/** A task that nothing answered for so long has failed, where tasks are kept. */
const ORPHAN_AFTER_MS = 600_000;
/** Groups in one answer; the largest come first. */
const MOST_GROUPS = 200;
const LOOK_MS = 20_000;
/** How long a connection may stay away while letters are sent. */
const PATIENCE_MS = 5_000;
/** Under way at once. */
const CONCURRENCY = 32;
/** Work that came back so often is left to somebody who looks at it. */
const MOST_REPLAYS = 3;

/** What failed, by cause. Where nothing keeps dead letters, that is the answer. */
export async function letterGroups(
  transport: Transport,
  clock: Clock,
  words: (advice: SomeAdvice) => string,
): Promise<Readonly<Record<string, unknown>>> {
  const home = await homeOn(transport, clock);
  if (isHeddleError(home)) return { schema_version: 1, kept: false, reason: home.message, hint: adviceIn(home, words) };
  const { signal, clear } = deadline(clock, LOOK_MS);
  try {
    const options = { orphanAfterMs: ORPHAN_AFTER_MS, now: clock.now(), signal };
    const { letters, coverage, hidden } = await look(home, chooser({}), options);
    const groups = new Groups();
    for await (const { letter, standing } of letters) groups.add(letter, standing);
    signal.throwIfAborted();
    const all = groups.list();
    return {
      schema_version: 1,
      kept: true,
      total: groups.total,
      hidden: hidden(),
      groups: all.slice(0, MOST_GROUPS).map(groupDocument),
      more_groups: Math.max(0, all.length - MOST_GROUPS),
      coverage: coverageDocument(coverage),
    };
  } catch (thrown) {
    throw asUnread(thrown);
  } finally {
    clear();
    await home.close();
  }
}

export interface ReplayOrder {
  /** The fingerprint, whole. */
  readonly group: string;
  readonly limit: number;
  /** Only what would be done. */
  readonly dryRun: boolean;
  readonly actor: string;
  /** Nothing more leaves. */
  readonly signal: AbortSignal;
  readonly words: (advice: SomeAdvice) => string;
}

/** Sends the open letters of a group again, each once, and tells what became of them. */
export async function replayGroup(
  transport: Transport,
  clock: Clock,
  { group, limit, dryRun, actor, signal, words }: ReplayOrder,
): Promise<Readonly<Record<string, unknown>>> {
  const home = await homeOn(transport, clock);
  if (isHeddleError(home)) {
    const detail = `no group can be sent again, because nothing keeps dead letters: ${home.message}`;
    throw gatewayProblem('unknown_group', { detail, hint: adviceIn(home, words) ?? undefined, cause: home });
  }
  const operation = `r-${Buffer.from(systemRandom(5)).readUIntBE(0, 5).toString(36).padStart(8, '0')}`;
  const how = { newId: false, to: undefined, mend: undefined };
  try {
    const planned = await plan(home, operation, {
      choose: ({ fingerprint }, { state }) => fingerprint === group && state !== 'archived',
      ...{ how, again: false, resendUncertain: false, maxReplays: MOST_REPLAYS, limit, foresee: undefined },
      ...{ orphanAfterMs: ORPHAN_AFTER_MS, now: clock.now(), signal },
    }).catch((thrown: unknown) => {
      throw asUnread(thrown);
    });
    signal.throwIfAborted();
    const { rows, left, coverage } = planned;
    if (!isComplete(coverage)) {
      const streams = coverage.unread.map(({ name }) => JSON.stringify(name)).join(', ');
      throw unread(`not all that ${streams} may keep was read`);
    }
    if (rows.length === 0 && isNothing(left)) {
      throw gatewayProblem('unknown_group', { detail: 'no open letter of this group is kept' });
    }
    const head = { schema_version: 1, dry_run: dryRun, plan: planDocument(planned, operation, words) };
    if (dryRun || rows.length === 0) return { ...head, end: null };
    const end = await sendAll(home, { transport, clock, operation, actor, signal, rows, how });
    return { ...head, end };
  } finally {
    await home.close();
  }
}

interface Sending {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly operation: string;
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly rows: Parameters<typeof run>[0]['rows'];
  readonly how: Parameters<typeof run>[0]['how'];
}

async function sendAll(home: Home, { transport, clock, operation, actor, signal, rows, how }: Sending) {
  const hold = await Hold.begin(home, clock, { id: operation, actor, how: { concurrency: CONCURRENCY }, rows }).catch(
    (thrown: unknown) => {
      throw asUnread(thrown);
    },
  );
  const tally = emptyTally();
  let state: 'done' | 'stopped' | 'aborted' = 'stopped';
  try {
    const { stopped, unheardSubject } = await run({
      ...{
        home,
        bus: transport,
        clock,
        operation,
        rows,
        how,
        tally,
        patienceMs: PATIENCE_MS,
        concurrency: CONCURRENCY,
      },
      pace: { take: (wanted) => Promise.resolve(wanted) },
      waitMs: undefined,
      resendUncertain: false,
      skewMs: await hold.skewMs(),
      signal: AbortSignal.any([signal, hold.aborted]),
      onItem: () => {},
    });
    state = stopped === undefined ? 'done' : hold.aborted.aborted ? 'aborted' : 'stopped';
    return { ...endDocument({ operation, state, selected: rows.length, tally }), unheard_on: unheardSubject ?? null };
  } catch (thrown) {
    if (!isHeddleError(thrown)) throw thrown;
    throw gatewayProblem('unconfirmed', {
      detail: `replay ${operation} broke off: some of its letters were sent, and its journal tells which`,
      hint: 'Ask for the groups: what was sent is none of theirs any more.',
      cause: thrown,
    });
  } finally {
    await hold.end(state).catch(() => {});
  }
}

function isNothing({ unsendable, sent, busy, uncertain, exhausted, beyond }: Plan['left']): boolean {
  return unsendable.size === 0 && sent + busy + uncertain + exhausted + beyond === 0;
}

/** Or why there is none. */
async function homeOn(transport: Transport, clock: Clock): Promise<Home | HeddleError> {
  try {
    return await openJetStreamHome(transport, clock);
  } catch (thrown) {
    if (isHeddleError(thrown) && thrown.code === 'no_match') return thrown;
    throw asUnread(thrown);
  }
}

function asUnread(thrown: unknown): unknown {
  return isHeddleError(thrown) ? unread(thrown.message, thrown) : thrown;
}

function unread(why: string, cause?: HeddleError) {
  return gatewayProblem(cause === undefined || isOfTheStore(cause) ? 'store_unavailable' : 'bus_down', {
    detail: `what is kept could not be read, and nothing was sent: ${why}`,
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

function adviceIn({ hint, remedy }: HeddleError, words: (advice: SomeAdvice) => string): string | null {
  if (remedy !== undefined) return words({ hint, remedy });
  return hint ?? null;
}
