import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import { encodeDeadLetter } from '../contract/dead-letter.ts';
import { readJson } from '../contract/decode-json.ts';
import { systemUuid } from '../contract/ids.ts';
import { isJsonObject } from '../contract/json.ts';
import { asksReload } from '../contract/parse.ts';
import { CONTROL_RELOAD, ROUTER_GROUP, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../contract/subjects.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Message, Transport } from '../transport/transport.ts';
import type { RouterCounts, RouterEvent, TierLimitView } from './events.ts';
import { createRefusals } from './refusals.ts';
import { createRoute, type Route, type RouteClock } from './route.ts';
import { checkRules, type RouterRules } from './rules.ts';
import { REFILLS, type Refill, tokensPerMinute } from './token-bucket.ts';

/** What a router goes by, and who hears what it does. */
export interface RouterOptions {
  readonly rules: RouterRules;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** A fresh id for a task that came without one. Default: a random uuid4. */
  readonly uuid?: (() => string) | undefined;
  /** Default `max_concurrent`, as Heddle's router. */
  readonly refill?: Refill | undefined;
  /** False: no queue group, so that every replica routes every task (generation A's way). Default true. */
  readonly queueGroup?: boolean | undefined;
  /** Refuse worker types with dots or letters beyond ASCII, which Heddle routes. Default false. */
  readonly strictNames?: boolean | undefined;
  /** Reads the rules again, on `{"action":"reload"}` and on demand. */
  readonly reload?: (() => Promise<RouterRules>) | undefined;
  readonly log?: ((event: RouterEvent) => void) | undefined;
  /** Whether each routed task is an event too. Default false. */
  readonly logRouted?: boolean | undefined;
}

/** A router on the bus. */
export interface RunningRouter {
  readonly counts: RouterCounts;
  /** True when new rules are in force, false when the old ones stay. */
  reload(): Promise<boolean>;
  /**
   * Takes nothing more, routes what arrived, and resolves when the bus has it all, or after `graceMs`. The connection
   * stays open.
   */
  stop(graceMs: number): Promise<RouterCounts>;
  /** Settles when routing ended; with the reason when nobody asked for it. */
  readonly closed: Promise<HeddleError | undefined>;
}

const OPTIONS: Keys<RouterOptions> = {
  rules: needed(is.options<RouterRules>({ tierOverrides: needed(is.map), rateLimits: needed(is.map) })),
  clock: is.clock,
  uuid: is.callback,
  refill: is.oneOf(...REFILLS),
  queueGroup: is.truth,
  strictNames: is.truth,
  reload: is.callback,
  log: is.callback,
  logRouted: is.truth,
};

/** Routes heddle.tasks.incoming until stopped. Resolves when the server has the subscription. */
export async function runRouter(transport: Transport, options: RouterOptions): Promise<RunningRouter> {
  checkArgument('runRouter', 'the first argument', transport, is.bus);
  checkOptions('runRouter', options, OPTIONS);
  const { clock = systemClock, uuid = systemUuid, refill = 'max_concurrent', strictNames } = options;
  const log = options.log ?? (() => {});
  const counts = { received: 0, forwarded: 0, deadLettered: 0, skipped: 0, unsent: 0 };
  checkRules(options.rules);
  const sources: RouteClock = { now: clock.now, elapsed: clock.elapsed, uuid };
  let route: Route = createRoute({ rules: options.rules, refill, strictNames }, sources);

  const refusals = createRefusals(transport, {
    clock,
    uuid: systemUuid,
    unkept: (subject, reason) => log({ kind: 'refusal_unkept', subject, reason }),
  });
  const attempt = (publish: () => void): HeddleError | undefined => {
    try {
      publish();
      return undefined;
    } catch (thrown) {
      return asHeddleError(thrown);
    }
  };
  const bury = (reason: string, envelope: string, message: Message): void => {
    let error = attempt(() => refusals.send(TASKS_DEAD_LETTER, envelope));
    if (error?.code === 'payload_too_large') {
      // The reason still arrives; the original is what does not fit.
      const short = `${reason} (the original of ${message.data.length} bytes does not fit into a dead letter)`;
      const rest = encodeDeadLetter(short, 'null', idsOf(message.data));
      error = attempt(() => refusals.send(TASKS_DEAD_LETTER, rest));
    }
    if (error !== undefined) return unsent(TASKS_DEAD_LETTER, error);
    counts.deadLettered += 1;
    log({ kind: 'dead_lettered', reason, bytes: message.data.length });
  };
  const unsent = (subject: string, error: HeddleError): void => {
    counts.unsent += 1;
    log({ kind: 'unsent', subject, error });
  };

  const receive = (message: Message): void => {
    counts.received += 1;
    const decision = route(message.data);
    if (decision.outcome === 'skip') {
      counts.skipped += 1;
      log({ kind: 'skipped', reason: decision.reason, bytes: message.data.length });
      return;
    }
    if (decision.outcome === 'dead_letter') return bury(decision.reason, decision.envelope, message);
    const error = attempt(() => transport.publish(decision.subject, decision.bytes));
    if (error === undefined) {
      counts.forwarded += 1;
      if (options.logRouted === true) {
        const { workerType, tier, subject } = decision;
        log({ kind: 'routed', workerType, tier, subject });
      }
    } else if (error.code === 'payload_too_large') {
      const reason = `invalid_task_message: with the fields filled in it has ${decision.bytes.length} bytes, too many for the server`;
      bury(reason, encodeDeadLetter(reason, 'null', idsOf(message.data)), message);
    } else unsent(decision.subject, error);
  };

  // One after the other, so that the rules read last are the ones in force.
  let reloading: Promise<unknown> = Promise.resolve();
  const reload = (): Promise<boolean> => {
    const next = reloading.then(readAgain);
    reloading = next;
    return next;
  };
  const readAgain = async (): Promise<boolean> => {
    try {
      const rules = (await options.reload?.()) ?? options.rules;
      checkRules(rules);
      route = createRoute({ rules, refill, strictNames }, sources, route);
      log({ kind: 'rules_reloaded', limits: limitsOf(rules, refill), overrides: rules.tierOverrides.size });
      return true;
    } catch (thrown) {
      log({ kind: 'reload_refused', reason: asHeddleError(thrown).message });
      return false;
    }
  };

  const queue = options.queueGroup === false ? undefined : ROUTER_GROUP;
  const tasks = transport.subscribe(TASKS_INCOMING, receive, { queue });
  const control = transport.subscribe(CONTROL_RELOAD, (message) => {
    if (asksReload(message.data)) void reload();
  });
  let stopped = false;
  const closed = Promise.race([tasks.closed, transport.closed]).then((error) =>
    stopped ? undefined : (error ?? new HeddleError('connection_closed', 'the connection of the router was closed')),
  );
  await transport.flush();
  log({
    kind: 'router_started',
    url: transport.url,
    queue,
    refill,
    limits: limitsOf(options.rules, refill),
    overrides: options.rules.tierOverrides.size,
  });

  let stopping: Promise<RouterCounts> | undefined;
  const stop = async (graceMs: number): Promise<RouterCounts> => {
    stopped = true;
    control.unsubscribe();
    const sent = tasks.drain().then(() => transport.flush());
    // A connection that is away has nothing to confirm, and its loss was reported when it happened.
    const settled = sent.catch(() => {}).then(() => refusals.stop(graceMs));
    await within(clock, settled, graceMs);
    log({ kind: 'router_stopped', ...counts });
    return counts;
  };
  return {
    counts,
    reload,
    stop: (graceMs) => {
      stopping ??= stop(graceMs);
      return stopping;
    },
    closed,
  };
}

/** What a dead letter without its original still says of it; ids long enough to be the trouble themselves are left out. */
function idsOf(bytes: Uint8Array): unknown {
  const read = readJson(bytes);
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  const { task_id, worker_type } = read.value;
  const short = (id: unknown): unknown => (typeof id === 'string' && id.length <= LONGEST_ID ? id : undefined);
  return { task_id: short(task_id), worker_type: short(worker_type) };
}

const LONGEST_ID = 128;

function limitsOf(rules: RouterRules, refill: Refill): TierLimitView[] {
  return [...rules.rateLimits]
    .map(([tier, limit]) => ({ tier, burst: limit.maxConcurrent, perMinute: tokensPerMinute(limit, refill) }))
    .sort((a, b) => (a.tier < b.tier ? -1 : 1));
}

function asHeddleError(thrown: unknown): HeddleError {
  if (isHeddleError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeddleError('internal', message, { cause: thrown });
}
