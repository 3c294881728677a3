import { readJsonObject } from '../../contract/decode-json.ts';
import { isHeddleError } from '../../errors.ts';
import { Problem } from '../../http/problem.ts';
import type { Message, Transport } from '../../transport/transport.ts';
import { busDown } from '../bus.ts';
import { ALL_PROBLEMS, gatewayProblem } from '../problems.ts';
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

/** Within this time the replica that handed a task out says so, however busy it is; nobody else says anything. */
const ROUND_MS = 1_000;
/** The holder may have to wait for the bus to confirm a result. */
const HOLDER_MS = 15_000;

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
  readonly #own: { unsubscribe(): void }[] = [];

  constructor(bus: Transport, name: string, replica: string) {
    this.#bus = bus;
    this.#replica = replica;
    this.#prefix = `heddle.gateway.leases.${name}`;
  }

  open(holder: Holder): void {
    this.#hear('who', async (asked) => (holder.holds(asked) ? JSON.stringify({ holder: this.#replica }) : undefined));
    this.#hear(this.#replica, async (passed) => {
      try {
        return JSON.stringify({ told: (await holder.resolve(passed)) ?? null });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) return JSON.stringify({ problem: 'internal' });
        const { detail, hint, errors, retryAfterS } = thrown.details;
        return JSON.stringify({ problem: thrown.code, detail, hint, errors, retryAfterS });
      }
    });
  }

  close(): void {
    for (const each of this.#own) each.unsubscribe();
  }

  /** Throws the problem that the holder answers with; undefined: nobody knows the handle. */
  async pass(passed: Passed, leaseId: string | undefined): Promise<Told | undefined> {
    const { handle, owner } = passed;
    try {
      const named = leaseId === undefined ? undefined : /^([0-9a-f]{8})\./.exec(leaseId)?.[1];
      const holder = named ?? (await this.#holderOf({ handle, owner, from: this.#replica }));
      if (holder === undefined || holder === this.#replica) return undefined;
      const { data } = await this.#bus.request(`${this.#prefix}.${holder}`, JSON.stringify(passed), {
        timeoutMs: HOLDER_MS,
      });
      return toldIn(data);
    } catch (thrown) {
      if (thrown instanceof Problem || !isHeddleError(thrown)) throw thrown;
      if (thrown.code === 'nobody_listens') throw lost();
      throw busDown(thrown);
    }
  }

  async #holderOf(asked: Readonly<Record<string, string>>): Promise<string | undefined> {
    const text = JSON.stringify(asked);
    const answers = this.#bus.requestMany(`${this.#prefix}.who`, text, { timeoutMs: ROUND_MS, max: 1 });
    for await (const { data } of answers) {
      const read = readJsonObject(data);
      if (read.ok && typeof read.value.holder === 'string') return read.value.holder;
    }
    return undefined;
  }

  #hear(whom: string, answer: (asked: Passed) => Promise<string | undefined>): void {
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

function toldIn(data: Uint8Array): Told | undefined {
  const read = readJsonObject(data);
  if (!read.ok) return undefined;
  const { problem: code, told, ...details } = read.value as Record<string, unknown>;
  if (typeof code === 'string')
    throw new Problem(code, ALL_PROBLEMS[code] ?? { status: 500, retryable: false }, details);
  return (told as Told | null) ?? undefined;
}

function lost() {
  return gatewayProblem('lease_lost', {
    detail: 'the gateway that handed this task out is gone, and with it the lease',
    hint: 'Poll for the next task; whoever sent this one is told by its own time limit.',
  });
}
