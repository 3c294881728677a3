import type { Sender } from '../../delivery/sender.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import type { Message, Transport } from '../../transport/transport.ts';
import type { GatewayEvent } from '../events.ts';
import type { Desk } from '../lease/desk.ts';
import type { Answers } from './answers.ts';
import { LaneIntake } from './intake.ts';
import { countHeaders, countsIn, nextOf, type WorkJob, type WorkLease } from './job.ts';
import type { Lane } from './lane.ts';
import type { BridgeNumbers } from './numbers.ts';
import type { Source } from './source.ts';

/** What the sources of one gateway share. */
export interface SourceTools {
  readonly bus: Transport;
  readonly clock: Clock;
  readonly desk: Desk<WorkJob>;
  readonly answers: Answers;
  readonly sender: Sender;
  readonly numbers: BridgeNumbers;
  readonly log: (event: GatewayEvent) => void;
  /** A message as a task, held to the schema of its type; undefined when it is none, and that has been said. */
  admit(
    lane: Lane,
    message: Pick<Message, 'data'>,
    counts: Pick<WorkJob, 'attempt' | 'deliveries'>,
  ): WorkJob | undefined;
}

/** Of tasks of one lane that wait here. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Tasks straight from the bus, which keeps nothing: each came here once, and while this process lives it ends with a result, is given
 * back to the bus, or is counted as lost.
 */
export class CoreSource implements Source {
  readonly #lane: Lane;
  readonly #tools: SourceTools;
  readonly #intake: LaneIntake;
  readonly #later = new Map<WorkJob, Timer>();
  #averageBytes = 1_024;

  constructor(lane: Lane, tools: SourceTools) {
    const { bus, clock, desk, log } = tools;
    const { name, config } = lane;
    this.#lane = lane;
    this.#tools = tools;
    this.#intake = new LaneIntake(bus, lane, clock, {
      lingerMs: (config.leaseS * 1000) / 2,
      room: () => this.#room(),
      receive: (message) => {
        this.#averageBytes += (message.data.length - this.#averageBytes) / 16;
        const job = tools.admit(lane, message, countsIn(message.headers));
        if (job !== undefined) desk.offer(job);
      },
      refused: (error) => log({ kind: 'work_refused', lane: name, reason: error.message }),
      deserted: () => void this.giveBack(),
    });
  }

  get held(): number {
    return this.#later.size;
  }

  touch(): void {
    this.#intake.demand.touch();
  }

  hold(): () => void {
    return this.#intake.demand.hold();
  }

  changed(): void {
    this.#intake.fill();
  }

  async granted(): Promise<boolean> {
    return true;
  }

  async extended(): Promise<void> {}

  finished(): void {
    this.#intake.fill();
  }

  again(job: WorkJob, afterMs: number): boolean {
    const { clock, desk } = this.#tools;
    if (afterMs > 0) {
      const timer = clock.after(afterMs, () => {
        this.#later.delete(job);
        this.again(job, 0);
      });
      clock.unref(timer);
      this.#later.set(job, timer);
    } else if (this.#intake.demand.isThere) desk.handBack([job]);
    // Nobody asks here any more; somebody else may.
    else void this.#toTheBus(job);
    return true;
  }

  expired(lease: WorkLease): void {
    const { answers, numbers, log } = this.#tools;
    const { job } = lease;
    const { onExpiry, maxAttempts, leaseS } = this.#lane.config;
    const { type } = this.#lane;
    numbers.task(type, 'expired');
    if (onExpiry === 'requeue' && job.attempt < maxAttempts) {
      log(this.#ended(job, 'requeued', 'its worker did not answer in time'));
      this.again(nextOf(lease, job.attempt + 1), 0);
    } else if (onExpiry === 'drop') {
      numbers.task(type, 'dropped');
      log(this.#ended(job, 'dropped', 'its worker did not answer in time'));
    } else {
      numbers.task(type, 'failed');
      log(this.#ended(job, 'failed', 'its worker did not answer in time'));
      answers.fail(job, `lease expired: the worker did not answer within ${leaseS} s`, lease.termMs);
    }
  }

  abandoned(lease: WorkLease): void {
    this.expired(lease);
  }

  adopt(): void {}

  async stop(): Promise<void> {
    await this.#intake.stop();
  }

  async giveBack(): Promise<void> {
    const { clock, desk } = this.#tools;
    const later = [...this.#later.keys()];
    for (const timer of this.#later.values()) clock.cancel(timer);
    this.#later.clear();
    await Promise.all([...desk.remove(this.#lane.name), ...later].map((job) => this.#toTheBus(job)));
  }

  /** By number, and by the size of what came last: the server counts messages, and not what they weigh. */
  #room(): number {
    const { desk } = this.#tools;
    const { name, config } = this.#lane;
    const byNumber = config.buffer - desk.ready(name) - this.#later.size;
    return Math.min(byNumber, Math.floor((MOST_BYTES - desk.weight(name)) / Math.max(1, this.#averageBytes)));
  }

  /** To the others of its group; where there is none, its sender is told so. */
  async #toTheBus(job: WorkJob): Promise<void> {
    const { sender, answers, numbers, log } = this.#tools;
    const { subject, type } = this.#lane;
    try {
      const { heard } = await sender.publish(subject, job.task.text, { headers: countHeaders(job) });
      if (heard !== 'no') {
        numbers.task(type, 'handed_back');
        return log(this.#ended(job, 'handed_back', 'no worker over HTTP took it'));
      }
      numbers.task(type, 'failed');
      answers.fail(job, 'no worker over HTTP took it, and nobody else listens for it');
      log(this.#ended(job, 'failed', 'nobody took it'));
    } catch (thrown) {
      numbers.task(type, 'lost');
      log(this.#ended(job, 'lost', thrown instanceof Error ? thrown.message : String(thrown)));
    }
  }

  #ended({ task: { taskId } }: WorkJob, how: Ended['how'], reason: string): GatewayEvent {
    return { kind: 'work_ended', lane: this.#lane.name, taskId, how, reason };
  }
}

type Ended = Extract<GatewayEvent, { kind: 'work_ended' }>;
