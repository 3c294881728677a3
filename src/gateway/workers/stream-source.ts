import { readJsonObject } from '../../contract/decode-json.ts';
import type { Taking, WorkDelivery, WorkQueue } from '../../store/work-queue.ts';
import type { Clock } from '../../time/clock.ts';
import { tasksConsumerOf } from '../../topology/kept.ts';
import type { SourceTools } from './core-source.ts';
import { Demand } from './demand.ts';
import { nextOf, type StoredTask, type WorkJob, type WorkLease } from './job.ts';
import type { Lane } from './lane.ts';
import type { LeaseRecord } from './lease-record.ts';
import { type LeaseRecords, recordOf } from './lease-records.ts';
import type { Source } from './source.ts';

export interface StreamTools extends SourceTools {
  readonly queue: WorkQueue;
  readonly records: LeaseRecords;
  /** A worker of ours has it, or is giving its answer. */
  isHeld(job: WorkJob): boolean;
}

/** How long tasks wait here for the next poll before they go to another replica. */
const LINGER_MS = 1_000;
/** Taken beforehand, beside two for each poll that waits. */
const AHEAD = 8;
/** After the server ended a request for tasks. */
const AGAIN_MS = 200;
/** A lease that ran out is handed out again so much later, by the server: its own time begins a little before. */
const SLACK_MS = LINGER_MS + 500;

/** How long the server waits before it hands a task to somebody else. */
export function silenceMsOf({ config }: Lane): number {
  return config.leaseS * 1000 + SLACK_MS;
}

/**
 * Tasks of a stream that keeps them until one worker has answered: whatever ends, this process among it, the server hands them out
 * again. At least once, therefore; the lease sees to it that of two workers only the later one is heard.
 */
export class StreamSource implements Source {
  readonly held = 0;
  /** The stream keeps what is sent, whoever asks. */
  readonly begun = undefined;
  readonly #lane: Lane;
  readonly #tools: StreamTools;
  readonly #clock: Clock;
  readonly #demand: Demand;
  readonly #taking: Taking;
  /** What is here, by the place in the stream. */
  readonly #here = new Map<number, WorkJob>();
  /** Of those that are looked up now, the token of the last delivery, by the place in the stream. */
  readonly #arriving = new Map<number, string>();
  /** On their way back to the stream. */
  readonly #going = new Set<Promise<void>>();

  constructor(lane: Lane, tools: StreamTools) {
    this.#lane = lane;
    this.#tools = tools;
    this.#clock = tools.clock;
    this.#demand = new Demand(tools.clock, {
      lingerMs: LINGER_MS,
      grew: () => this.changed(),
      ended: () => void this.#leave(),
    });
    this.#taking = tools.queue.take(tasksConsumerOf(lane.type, lane.tier), {
      receive: (delivery) => void this.#receive(delivery),
      over: () => this.#clock.unref(this.#clock.after(AGAIN_MS, () => this.changed())),
    });
  }

  touch(): void {
    this.#demand.touch();
  }

  hold(): () => void {
    return this.#demand.hold();
  }

  changed(): void {
    if (!this.#demand.isThere) return;
    const { desk } = this.#tools;
    const { name, config } = this.#lane;
    const { coming } = this.#taking;
    const ready = desk.ready(name);
    const most = Math.min(config.buffer, 2 * desk.askers(name) + AHEAD);
    const free = most - ready - coming;
    // Not for each single one: a request costs as much as a task.
    if (free < 1 || (ready + coming > 0 && free < most / 2)) return;
    this.#taking.ask(free);
  }

  async granted(lease: WorkLease): Promise<boolean> {
    const { job } = lease;
    const { stored } = job;
    if (stored === undefined) return true;
    if (stored.revision !== undefined) await this.#record(lease);
    else {
      const record = this.#recordOf(lease, stored);
      stored.revision = await this.#tools.records.first(job, record);
      if (stored.revision === undefined) return false;
      stored.record = record;
    }
    if (job.twin !== undefined) this.#here.set(stored.seq, job);
    return true;
  }

  async extended(lease: WorkLease): Promise<void> {
    const { stored } = lease.job;
    if (stored === undefined) return;
    this.#tools.queue.working(stored.token);
    await this.#record(lease);
  }

  finished(job: WorkJob): void {
    const { stored } = job;
    if (stored === undefined) return;
    const { queue, records } = this.#tools;
    this.#here.delete(stored.seq);
    queue.done(stored.token);
    if (stored.revision !== undefined) records.forget(job, stored.revision);
  }

  again(job: WorkJob, afterMs: number): boolean {
    const going = this.#giveBack(job, afterMs).finally(() => this.#going.delete(going));
    this.#going.add(going);
    return false;
  }

  expired({ job }: WorkLease): void {
    const { numbers, log } = this.#tools;
    numbers.task(this.#lane.type, 'expired');
    // Where nobody asks any more, nobody would learn of it later.
    if (job.attempt >= this.#lane.config.maxAttempts) return void this.#spentHere(job);
    // The server hands it out again, here or elsewhere.
    if (job.stored !== undefined) this.#here.delete(job.stored.seq);
    const reason = 'its worker did not answer in time';
    log({ kind: 'work_ended', lane: this.#lane.name, taskId: job.taskId, how: 'requeued', reason });
  }

  abandoned(lease: WorkLease): void {
    this.again(nextOf(lease, lease.job.attempt + 1), 0);
  }

  /** A task that another replica handed out, and that is answered here because that one is gone. */
  adopt(job: WorkJob): void {
    if (job.stored !== undefined) this.#here.set(job.stored.seq, job);
  }

  async stop(): Promise<void> {
    this.#demand.stop();
    await this.#taking.stop();
  }

  async giveBack(): Promise<void> {
    for (const job of this.#tools.desk.remove(this.#lane.name)) this.again(job, 0);
    await Promise.all(this.#going);
  }

  async #receive(delivery: WorkDelivery): Promise<void> {
    const { seq, token, count, data } = delivery;
    const { queue, desk, records } = this.#tools;
    // Some servers hand out a message twice at once when it comes back to them.
    if (this.#arriving.has(seq)) return void this.#arriving.set(seq, token);
    const known = this.#here.get(seq);
    if (known?.stored !== undefined) {
      // The server did not hear of us in time. What still waits goes on waiting, and who has it still has the time of his lease.
      known.stored.token = token;
      if (desk.waits(known.lane, ({ stored }) => stored?.seq === seq)) return;
      if (this.#tools.isHeld(known)) return queue.working(token);
    }
    const id = count > 1 ? taskIdIn(data) : undefined;
    this.#arriving.set(seq, token);
    const found = id === undefined ? undefined : await records.earlier(id, seq).catch(() => undefined);
    const newest = this.#arriving.get(seq) ?? token;
    this.#arriving.delete(seq);
    const earlier = found?.record;
    const leftMs = (earlier?.expires_at ?? 0) - this.#clock.now();
    // A worker has it, of another replica: its time is not over, whatever the server thinks.
    if (leftMs > 0) return queue.again(newest, leftMs + SLACK_MS);
    const counts = { deliveries: Math.max(earlier?.delivery ?? 0, count - 1), attempt: earlier?.next_attempt ?? 1 };
    const admitted = this.#tools.admit(this.#lane, { data }, counts);
    // It has its failed result, or is no task and never will be one.
    if (admitted === undefined) return queue.done(newest);
    const job: WorkJob = { ...admitted, twin: found?.twin, stored: { seq, token: newest, revision: found?.revision } };
    job.memo.checkpoint = earlier?.checkpoint ?? undefined;
    this.#here.set(seq, job);
    if (counts.attempt > this.#lane.config.maxAttempts) this.#spent(job);
    else if (this.#demand.isThere) desk.offer(job);
    // Another replica may have somebody who asks.
    else this.again(job, 0);
  }

  /** Unless another replica has taken the lease over, or the bus is away: then the server hands it out, and it ends as that one says. */
  async #spentHere(job: WorkJob): Promise<void> {
    const { revision } = job.stored ?? {};
    if (revision === undefined) return;
    const isOurs = await this.#tools.records.end(job, revision).catch(() => false);
    if (isOurs) this.#spent(job);
    else if (job.stored !== undefined) this.#here.delete(job.stored.seq);
  }

  /** No attempt is left. */
  #spent(job: WorkJob): void {
    const { answers, numbers, log } = this.#tools;
    const { name: lane, type, config } = this.#lane;
    numbers.task(type, 'failed');
    const reason = `no worker answered within ${config.leaseS} s, in ${config.maxAttempts} attempts`;
    answers.fail(job, `lease expired: ${reason}`);
    log({ kind: 'work_ended', lane, taskId: job.taskId, how: 'failed', reason });
    this.finished(job);
  }

  /** What it will be next stands in the record before anybody can have it. */
  async #giveBack(job: WorkJob, afterMs: number): Promise<void> {
    const { stored } = job;
    if (stored === undefined) return;
    const { queue, records, numbers } = this.#tools;
    this.#here.delete(stored.seq);
    if (afterMs === 0) numbers.task(this.#lane.type, 'handed_back');
    if (stored.record !== undefined) {
      const { checkpoint = null } = job.memo;
      await records
        .put(job, { ...stored.record, delivery: job.deliveries, next_attempt: job.attempt, checkpoint, expires_at: 0 })
        .catch(() => {});
    }
    queue.again(stored.token, afterMs);
  }

  async #record(lease: WorkLease): Promise<void> {
    const { stored } = lease.job;
    if (stored === undefined) return;
    stored.record = this.#recordOf(lease, stored);
    stored.revision = await this.#tools.records.put(lease.job, stored.record);
  }

  #recordOf(lease: WorkLease, stored: StoredTask): LeaseRecord {
    return recordOf(lease, stored, lease.job.attempt + 1, this.#clock.now() - this.#clock.elapsed());
  }

  /** Nobody asks here: what comes from now on is for the other replicas. */
  async #leave(): Promise<void> {
    await this.#taking.rest();
    if (!this.#demand.isThere) await this.giveBack();
    else this.changed();
  }
}

function taskIdIn(data: Uint8Array): string | undefined {
  const read = readJsonObject(data);
  const id = read.ok ? read.value.task_id : undefined;
  return typeof id === 'string' ? id : undefined;
}
