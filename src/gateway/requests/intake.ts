import type { Prepared } from '../../delivery/prepared.ts';
import type { Outcome } from '../../delivery/wait/outcome.ts';
import { Problem } from '../../http/problem.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep, within } from '../../time/wait.ts';
import type { GatewayBus } from '../bus.ts';
import { gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import type { KeptRequest, RequestRecord } from './record.ts';
import type { RequestStore, Standing } from './store.ts';
import type { Wait, Waits } from './waits.ts';

/** One request for work: what is to be published, and what is kept of it. */
export interface Order {
  readonly prepared: Prepared;
  readonly record: RequestRecord;
  readonly ttlS: number;
  /**
   * What a second order with the same id is: undefined: there is none, the id is fresh. `refuse`: a slip unless it has the same body,
   * and too early while the first is under way. `join`: the same delivery again.
   */
  readonly again: 'refuse' | 'join' | undefined;
  /** How long its answer is waited for; undefined: not at all. */
  readonly waitMs: number | undefined;
  /**
   * Calls when nobody waits any longer, or the gateway wants to end; returns how to be called no more. undefined where nobody waits.
   * No signal of several: such a one lives as long as the gateway, once somebody listened to it.
   */
  readonly until: ((over: () => void) => () => void) | undefined;
}

export interface Taken {
  readonly record: RequestRecord;
  /** Somebody had sent it before. */
  readonly duplicate: boolean;
  /** How the wait ended; undefined when it did not end in an answer. */
  readonly outcome: Outcome | undefined;
  /** The answer that stood in the store already. */
  readonly kept: KeptRequest | undefined;
}

/** How long a process that publishes may be silent before another one takes its place. */
const PUBLISHING_MS = 15_000;
/** How long a second delivery waits for the word about the first. */
const JOIN_MS = 5_000;
const LOOK_MS = 50;

/** Takes orders: each id once, over all replicas, and what failed leaves nothing behind that would stop a second attempt. */
export class Intake {
  readonly #bus: GatewayBus;
  readonly #store: RequestStore;
  readonly #waits: Waits;
  readonly #clock: Clock;
  /** Orders under way here, by id. */
  readonly #underWay = new Map<string, { readonly hash: string | null; readonly taken: Promise<Taken> }>();

  constructor(bus: GatewayBus, store: RequestStore, waits: Waits, clock: Clock) {
    this.#bus = bus;
    this.#store = store;
    this.#waits = waits;
    this.#clock = clock;
  }

  async take(order: Order): Promise<Taken> {
    this.#bus.requireUp();
    if (order.again === undefined) {
      return await this.#publish(
        order,
        order.record,
        this.#store.add(order.ttlS, { record: order.record, result: undefined }),
      );
    }
    const { id, body_hash: hash } = order.record;
    const first = this.#underWay.get(id);
    if (first !== undefined) {
      if (order.again === 'refuse') throw first.hash === hash ? running() : reused();
      return { ...(await first.taken), duplicate: true };
    }
    const taken = this.#takeOnce(order);
    this.#underWay.set(id, { hash, taken });
    try {
      return await taken;
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #takeOnce(order: Order): Promise<Taken> {
    const { ttlS } = order;
    const endsAt = this.#clock.elapsed() + JOIN_MS;
    for (;;) {
      const until = this.#clock.now() + PUBLISHING_MS + (order.waitMs ?? 0);
      const record: RequestRecord = { ...order.record, state: 'running', until };
      const created = await this.#store.create(ttlS, { record, result: undefined });
      if (created !== 'exists') return await this.#publish(order, record, created);
      const standing = await this.#store.get(record.id, ttlS);
      // Whoever was first has failed, and left nothing.
      if (standing === undefined) continue;
      const { state, body_hash: hash, until: givenUpAt } = standing.record;
      if (!standing.expired && order.again === 'refuse' && hash !== record.body_hash) throw reused();
      if (!standing.expired && state !== 'running') return await this.#again(order, standing);
      // Whoever had it is gone, or its time is over: it is as good as new.
      if (standing.expired || (givenUpAt ?? 0) <= this.#clock.now()) {
        const revision = await this.#store.replace(ttlS, { record, result: undefined }, standing.revision);
        if (revision !== 'changed') return await this.#publish(order, record, revision);
      } else if (order.again === 'refuse') throw running();
      else if (this.#clock.elapsed() >= endsAt) throw stillSending();
      else await sleep(this.#clock, LOOK_MS);
    }
  }

  /** `kept`: the revision of its record; it may be on its way still. */
  async #publish(order: Order, record: RequestRecord, kept: number | Promise<number>): Promise<Taken> {
    const { prepared, ttlS, again } = order;
    let wait: Wait | undefined;
    let revision: number | undefined;
    try {
      if (order.waitMs !== undefined) {
        wait = this.#waits.join(prepared);
        // The server must have taken the subscription before the message leaves, and has it while the record is being kept.
        const ready = this.#bus.ready();
        ready.catch(() => {});
        revision = await kept;
        await ready;
      } else revision = await kept;
      if (record.client_id) void this.#store.note(ttlS, record).catch(() => {});
      const listener = await this.#bus.send(prepared, {
        leaving: wait && (() => wait?.expectation.sent()),
        answered: wait?.outcome,
      });
      if (listener === 'no') throw new Error('a message that nobody heard counts as sent');
      const accepted: RequestRecord = { ...record, state: 'accepted', until: null, listener };
      const outcome = wait === undefined ? undefined : await this.#outcomeOf(wait, order);
      // The router had no room: the same again is a first attempt.
      if (outcome?.kind === 'dead_lettered' && outcome.retryable) await this.#store.forget(ttlS, record.id);
      // Unless the result stands there already.
      else if (again !== undefined)
        void this.#store.replace(ttlS, { record: accepted, result: undefined }, revision).catch(() => {});
      return { record: accepted, duplicate: false, outcome, kept: undefined };
    } catch (thrown) {
      revision ??= await Promise.resolve(kept).catch(() => undefined);
      // Nothing was kept, and nothing left.
      if (revision === undefined) throw thrown;
      // What may have arrived keeps its id, so that a second attempt has the same one; anything else leaves no trace.
      const gone = !(thrown instanceof Problem && thrown.code === 'unconfirmed');
      if (gone) await this.#store.drop(ttlS, record.id, revision).catch(() => {});
      else if (again !== undefined) {
        const given = { record: { ...record, until: 0 }, result: undefined };
        await this.#store.replace(ttlS, given, revision).catch(() => {});
      }
      throw thrown;
    } finally {
      wait?.leave();
    }
  }

  /** A request that was made before: nothing is published. */
  async #again(order: Order, standing: Standing): Promise<Taken> {
    const { record } = standing;
    if (record.state === 'forgotten') throw forgotten();
    const before: Taken = { record, duplicate: true, outcome: undefined, kept: standing };
    if (order.waitMs === undefined || record.answer !== null) return before;
    const wait = this.#waits.join(order.prepared);
    try {
      await this.#bus.ready();
      wait.expectation.sent();
      // It may have come before we listened.
      const now = await this.#store.get(record.id, order.ttlS);
      if (now !== undefined && now.record.answer !== null) return { ...before, record: now.record, kept: now };
      return { ...before, outcome: await this.#outcomeOf(wait, order) };
    } finally {
      wait.leave();
    }
  }

  async #outcomeOf({ outcome }: Wait, { waitMs = 0, until }: Order): Promise<Outcome | undefined> {
    let leave = (): void => {};
    const given = new Promise<void>((resolve) => {
      leave = until?.(resolve) ?? leave;
    });
    const ended = Promise.race([outcome, given]);
    const isEnded = await within(this.#clock, ended, waitMs);
    leave();
    if (!isEnded) return undefined;
    const how = await ended;
    return how === undefined || how.kind === 'timeout' || how.kind === 'lost' ? undefined : how;
  }
}

function stillSending() {
  return gatewayProblem('unconfirmed', {
    detail: 'the same came before and is still being sent: whether it arrives is not known yet',
    hint: 'Send the same again later: it keeps its id.',
    retryAfterS: RETRY_AFTER_S,
  });
}

function running() {
  return gatewayProblem('idempotency_key_running', {
    detail: 'the first request with this idempotency key has no answer yet',
    retryAfterS: 1,
  });
}

function reused() {
  return gatewayProblem('idempotency_key_reused', {
    detail: 'this idempotency key was used for another body',
    hint: 'Take a fresh key for each piece of work.',
  });
}

export function forgotten() {
  return gatewayProblem('request_forgotten', { detail: 'this request was deleted' });
}
