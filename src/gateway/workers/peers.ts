import { readJsonObject } from '../../contract/decode-json.ts';
import { isHeddleError } from '../../errors.ts';
import { Problem } from '../../http/problem.ts';
import type { Message, Transport } from '../../transport/transport.ts';
import { busDown } from '../bus.ts';
import { ALL_PROBLEMS, gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import type { Told } from './bridge.ts';

/** An answer of a worker that is passed on to the replica that handed the task out. */
export interface Passed {
  readonly handle: string;
  readonly owner: string;
  /** Types that the worker may work on. */
  readonly types: readonly string[];
  /** The body as it came. */
  readonly body: string;
}

/** For replicas that were never heard of; one that was is waited for as long as a holder. */
const ROUND_MS = 1_000;
/** The holder may have to wait for the bus to confirm a result. */
const HOLDER_MS = 15_000;
const REPLICA = /^[0-9a-f]{8}$/;

/** What a replica is asked by the others. */
export interface Holder {
  holds(passed: Pick<Passed, 'handle' | 'owner'>): boolean;
  /** undefined for a handle that is not its own. */
  resolve(passed: Passed): Promise<Told | undefined>;
}

/** The replicas of one name on one bus: each answers for the leases that it gave. */
export class Peers {
  readonly #bus: Transport;
  readonly #replica: string;
  readonly #prefix: string;
  /** The others, as far as they were heard of: no handle is unknown before each of them said so. */
  readonly #others = new Set<string>();
  readonly #own: { unsubscribe(): void }[] = [];

  constructor(bus: Transport, name: string, replica: string) {
    this.#bus = bus;
    this.#replica = replica;
    this.#prefix = `heddle.gateway.leases.${name}`;
  }

  open(holder: Holder): void {
    this.#hear('who', async ({ from, ...asked }) => {
      if (isReplica(from)) this.#others.add(from);
      return JSON.stringify({ replica: this.#replica, holds: holder.holds(asked) });
    });
    this.#hear(this.#replica, async (passed) => {
      try {
        return JSON.stringify({ told: (await holder.resolve(passed)) ?? null });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) return JSON.stringify({ problem: 'internal' });
        const { detail, hint, errors, retryAfterS } = thrown.details;
        return JSON.stringify({ problem: thrown.code, detail, hint, errors, retryAfterS });
      }
    });
    // Those who are there and the new one hear of each other.
    void this.#ask({ handle: '', owner: '' }).catch(() => {});
  }

  close(): void {
    for (const each of this.#own) each.unsubscribe();
  }

  /** Throws the problem that the holder answers with; undefined: nobody knows the handle. */
  async pass(passed: Passed, leaseId: string | undefined): Promise<Told | undefined> {
    const named = leaseId === undefined ? undefined : /^([0-9a-f]{8})\./.exec(leaseId)?.[1];
    if (named === this.#replica) return undefined;
    try {
      if (named !== undefined) return await this.#passTo(named, passed);
      const { holder, silent } = await this.#ask(passed);
      if (holder !== undefined) return await this.#passTo(holder, passed);
      for (const replica of silent) {
        const told = await this.#passTo(replica, passed).catch((thrown: unknown) => this.#gone(replica, thrown));
        if (told !== undefined) return told;
      }
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Problem || !isHeddleError(thrown)) throw thrown;
      if (thrown.code === 'nobody_listens') throw lost();
      throw thrown.code === 'timeout' || thrown.code === 'connection_lost' ? undecided(thrown) : busDown(thrown);
    }
  }

  async #passTo(replica: string, passed: Passed): Promise<Told | undefined> {
    const subject = `${this.#prefix}.${replica}`;
    return toldIn((await this.#bus.request(subject, JSON.stringify(passed), { timeoutMs: HOLDER_MS })).data);
  }

  #gone(replica: string, thrown: unknown): undefined {
    if (!isHeddleError(thrown) || thrown.code !== 'nobody_listens') throw thrown;
    this.#others.delete(replica);
  }

  /** Who holds a lease; ends early once it is found, or every replica that is known of said that it does not. */
  async #ask({ handle, owner }: Pick<Passed, 'handle' | 'owner'>): Promise<{ holder?: string; silent: Set<string> }> {
    const silent = new Set(this.#others);
    const areKnown = silent.size > 0;
    const text = JSON.stringify({ handle, owner, from: this.#replica });
    for await (const { data } of this.#bus.requestMany(`${this.#prefix}.who`, text, { timeoutMs: ROUND_MS })) {
      const read = readJsonObject(data);
      if (!read.ok || !isReplica(read.value.replica)) continue;
      const { replica, holds } = read.value;
      if (holds === true) return { holder: replica, silent };
      this.#others.add(replica);
      silent.delete(replica);
      if (areKnown && silent.size === 0) break;
    }
    return { silent };
  }

  #hear(whom: string, answer: (asked: Passed & { readonly from?: unknown }) => Promise<string | undefined>): void {
    const hear = ({ data, reply }: Message): void => {
      const read = readJsonObject(data);
      if (!read.ok || reply === undefined || read.value.from === this.#replica) return;
      void answer(read.value as unknown as Passed).then((text) => {
        try {
          if (text !== undefined) this.#bus.publish(reply, text);
        } catch {
          // Who asked waits no longer than for a replica that is gone.
        }
      });
    };
    this.#own.push(this.#bus.subscribe(`${this.#prefix}.${whom}`, hear));
  }
}

function isReplica(value: unknown): value is string {
  return typeof value === 'string' && REPLICA.test(value);
}

function toldIn(data: Uint8Array): Told | undefined {
  const read = readJsonObject(data);
  if (!read.ok) return undefined;
  const { problem: code, told, ...details } = read.value as Record<string, unknown>;
  if (typeof code === 'string')
    throw new Problem(code, ALL_PROBLEMS[code] ?? { status: 500, retryable: false }, details);
  return (told as Told | null) ?? undefined;
}

/** The question may have arrived; the answer to it did not. */
function undecided(cause: unknown) {
  return gatewayProblem('unconfirmed', {
    detail: 'the gateway that handed this task out could not be heard: it may have taken this or not',
    hint: 'Send the same again: it counts once.',
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

function lost() {
  return gatewayProblem('lease_lost', {
    detail: 'the gateway that handed this task out is gone, and with it the lease',
    hint: 'Poll for the next task; whoever sent this one is told by its own time limit.',
  });
}
