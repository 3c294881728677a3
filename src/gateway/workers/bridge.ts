import { setMaxListeners } from 'node:events';
import type { WorkersConfig } from '../../config/views/gateway-config/parts/workers.ts';
import { rawIntegers } from '../../contract/raw-integers.ts';
import { checkShallow, validationError } from '../../contract/shallow-check.ts';
import { takeTask } from '../../contract/taken-task.ts';
import { Sender } from '../../delivery/sender.ts';
import { problem } from '../../http/problem.ts';
import { SharedTurn } from '../../time/turn.ts';
import { sleep } from '../../time/wait.ts';
import type { Core } from '../core.ts';
import { Desk } from '../lease/desk.ts';
import { Ledger } from '../lease/ledger.ts';
import { RETRY_AFTER_S } from '../problems.ts';
import { Answers } from './answers.ts';
import { CoreSource, type SourceTools } from './core-source.ts';
import type { Durable } from './durable.ts';
import { nextOf, type WorkJob, type WorkLease } from './job.ts';
import { type Lane, lanesOf } from './lane.ts';
import type { BridgeGauges, BridgeNumbers } from './numbers.ts';
import type { Source } from './source.ts';
import { StreamSource } from './stream-source.ts';

/** What a worker was told when it answered; the same when it answers so again. */
export type Told = Readonly<Record<string, unknown>>;

/** How often it is looked whether the last lease has ended. */
const SETTLING_MS = 50;

/** Between the bus and the workers: takes tasks, hands them out under leases, and sees to it that each of them ends. */
export class Bridge {
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly desk = new Desk<WorkJob>(({ task }) => task.text.length);
  readonly ledger: Ledger<WorkJob, Told>;
  readonly answers: Answers;
  readonly numbers: BridgeNumbers;
  readonly durable: Durable | undefined;
  /** In each lease id, so that other replicas know whom to ask. */
  readonly replica: string;
  /** Aborted when nothing more is handed out. */
  readonly closing = new AbortController();
  /** Polls that wait, and how each of them is ended with nothing. */
  readonly waiting = new Set<() => void>();
  connections = 0;
  readonly #core: Core;
  readonly #config: WorkersConfig;
  readonly #sender: Sender;
  readonly #turn = new SharedTurn();
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(core: Core, config: WorkersConfig, numbers: BridgeNumbers, durable: Durable | undefined) {
    const { bus, clock, log, uuid } = core;
    this.#core = core;
    this.#config = config;
    this.durable = durable;
    this.numbers = numbers;
    this.replica = uuid().slice(0, 8);
    this.lanes = lanesOf(config.types);
    this.answers = new Answers(bus, clock, ({ lane, type, taskId }, _how, reason) => {
      numbers.task(type, 'lost');
      log({ kind: 'work_ended', lane, taskId, how: 'lost', reason });
    });
    this.#sender = new Sender(bus.transport, clock);
    this.ledger = new Ledger(
      clock,
      () => `${this.replica}.${uuid()}`,
      (lease) => this.sourceOf(lease.job).expired(lease),
      // Where a stream has both, their records tell them apart.
      (job) => {
        if (job.stored === undefined) this.#sameId(job);
      },
    );
    // Everybody who waits for a signal listens to it.
    setMaxListeners(0, this.closing.signal);
    const tools: SourceTools = {
      bus: bus.transport,
      clock,
      desk: this.desk,
      answers: this.answers,
      sender: this.#sender,
      numbers,
      log,
      admit: (lane, { data }, counts) => this.#admit(lane, data, counts),
    };
    const sourceOf = (lane: Lane): Source => {
      const queue = durable?.queues.get(lane.type);
      if (queue === undefined || durable === undefined) return new CoreSource(lane, tools);
      const isHeld = (job: WorkJob): boolean => this.#isHeld(job);
      return new StreamSource(lane, { ...tools, queue, records: durable.records, isHeld });
    };
    this.#sources = new Map([...this.lanes].map(([name, lane]) => [name, sourceOf(lane)]));
  }

  get core(): Core {
    return this.#core;
  }

  get config(): WorkersConfig {
    return this.#config;
  }

  sourceOf({ lane }: Pick<WorkJob, 'lane'>): Source {
    const source = this.#sources.get(lane);
    if (source === undefined) throw new Error(`no source was opened for ${lane}`);
    return source;
  }

  /** By its id alone. */
  gaveLease(leaseId: string): boolean {
    return leaseId.startsWith(`${this.replica}.`);
  }

  /** The type of a lane as it is configured now. */
  laneOf({ lane }: Pick<WorkJob, 'lane'>): Lane {
    const found = this.lanes.get(lane);
    if (found === undefined) throw new Error(`there is no lane ${lane}`);
    return found;
  }

  /** Throws where nobody may ask for tasks now. */
  requireOpen(): void {
    this.#core.bus.requireUp();
    const why = this.closing.signal.aborted
      ? 'the gateway is about to end'
      : this.ledger.open >= this.#config.leases
        ? 'too many tasks are handed out and have no answer'
        : this.waiting.size >= this.#config.polls
          ? 'too many polls wait'
          : undefined;
    if (why !== undefined) throw problem('overloaded', { detail: why, retryAfterS: RETRY_AFTER_S });
  }

  /** Leases for tasks that the desk gave. */
  handOut(jobs: readonly WorkJob[], owner: string): readonly WorkLease[] {
    return jobs.map((job) => {
      const { type, config } = this.laneOf(job);
      this.numbers.task(type, 'handed_out');
      this.sourceOf(job).changed();
      return this.ledger.grant(job, { owner, termMs: config.leaseS * 1000 });
    });
  }

  /** Before anybody learns of them. What has the handle of another message with its task id gets another one. */
  record(leases: readonly WorkLease[]): readonly WorkLease[] | Promise<readonly WorkLease[]> {
    // Of what no stream keeps, nobody else can know.
    if (leases.every(({ job }) => job.stored === undefined)) return leases;
    // With those of all polls of this turn, in one write: as many workers, as many records.
    return this.#turn.over().then(() => Promise.all(leases.map((lease) => this.#record(lease))));
  }

  async #record(lease: WorkLease): Promise<WorkLease> {
    const { job, owner, termMs } = lease;
    if ((await this.sourceOf(job).granted(lease)) || job.stored === undefined) return lease;
    // Whoever asked for it may be gone meanwhile.
    if (!this.ledger.revoke(lease)) return lease;
    this.#sameId(job);
    const own = this.ledger.grant({ ...job, twin: job.stored.seq }, { owner, termMs });
    await this.sourceOf(job).granted(own);
    return own;
  }

  #sameId({ type, lane, taskId }: WorkJob): void {
    this.numbers.task(type, 'same_id');
    this.#core.log({ kind: 'work_same_id', lane, taskId });
  }

  /** Nobody has them: the next worker gets them before all others. */
  takeBack(leases: readonly WorkLease[]): void {
    const jobs = leases.filter((lease) => this.ledger.revoke(lease)).map((lease) => nextOf(lease));
    for (const { type } of jobs) this.numbers.task(type, 'undelivered');
    this.desk.handBack(jobs);
  }

  gauges(): BridgeGauges {
    const leases = new Map<string, number>();
    for (const { job } of this.ledger.leases()) leases.set(job.lane, (leases.get(job.lane) ?? 0) + 1);
    return {
      polls: this.waiting.size,
      connections: this.connections,
      lanes: [...this.lanes.values()].map(({ name, type, tier }) => ({
        type,
        tier,
        buffered: this.desk.ready(name) + this.sourceOf({ lane: name }).held,
        leases: leases.get(name) ?? 0,
      })),
    };
  }

  /** Takes no more, and gives back what nobody has: who waits is answered with nothing. */
  async stopTaking(): Promise<void> {
    this.closing.abort();
    for (const over of [...this.waiting]) over();
    const sources = [...this.#sources.values()];
    await Promise.all(sources.map((source) => source.stop()));
    await Promise.all(sources.map((source) => source.giveBack()));
  }

  /** Workers may still answer, so long. What has no answer then ends as if its lease had run out. */
  async settle(ms: number): Promise<void> {
    const { clock } = this.#core;
    const endsAt = clock.elapsed() + ms;
    while (this.ledger.open > 0 && clock.elapsed() < endsAt) await sleep(clock, SETTLING_MS);
  }

  async putAway(withinMs: number): Promise<void> {
    for (const lease of [...this.ledger.leases()]) {
      const { job } = lease;
      // Its result is on its way, and there is to be no second one.
      if (this.ledger.isAnswering(job)) this.#leftBehind(job);
      else if (this.ledger.revoke(lease)) this.sourceOf(job).abandoned(lease);
    }
    await Promise.all([...this.#sources.values()].map((source) => source.giveBack()));
    this.ledger.close();
    await this.answers.settle(withinMs);
    this.#sender.close();
  }

  #leftBehind({ type, lane, taskId }: WorkJob): void {
    this.numbers.task(type, 'unconfirmed');
    const reason = 'the gateway ended before the bus had confirmed its result';
    this.#core.log({ kind: 'work_ended', lane, taskId, how: 'unconfirmed', reason });
  }

  #isHeld(job: WorkJob): boolean {
    return this.ledger.isAnswering(job) || this.ledger.openOf(job)?.job.stored?.seq === job.stored?.seq;
  }

  #admit(
    { name, type, tier }: Lane,
    data: Uint8Array,
    counts: Pick<WorkJob, 'attempt' | 'deliveries'>,
  ): WorkJob | undefined {
    const { uuid, log, live } = this.#core;
    const task = takeTask(data, uuid);
    if ('reason' in task) {
      this.numbers.task(type, 'unreadable');
      log({ kind: 'work_skipped', lane: name, reason: task.detail, bytes: data.length });
      return undefined;
    }
    this.numbers.task(type, 'taken');
    const { taskId } = task;
    const job: WorkJob = { taskId, lane: name, type, tier, task, ...counts, memo: { checkpoint: undefined } };
    const wrong = checkShallow(
      task.message.payload,
      live().inputs.get(type),
      'input',
      rawIntegers(task.text, 'payload'),
    );
    if (wrong.length === 0) return job;
    this.numbers.task(type, 'invalid');
    this.answers.fail(job, validationError('input', wrong));
    return undefined;
  }
}
