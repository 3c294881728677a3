import { TASKS_INCOMING } from '../contract/subjects.ts';
import type { Facts } from '../tail/facts.ts';
import { shortened } from './shortened.ts';
import type { Traffic } from './traffic.ts';

/** One task, as it was seen to pass. Times are milliseconds since 1970; undefined is what was not seen. */
export interface LiveTask {
  readonly id: string;
  worker: string | undefined;
  /** What it asked for, until the router decides. */
  tier: string | undefined;
  readonly goal: string | undefined;
  readonly stage: string | undefined;
  sentAt: number | undefined;
  routedAt: number | undefined;
  endedAt: number | undefined;
  state: TaskState;
  /** Of a failure, or a refusal. */
  reason: string | undefined;
  /** Where the answer came. */
  answeredOn: string | undefined;
  /** More than once each: something is doubled. */
  routes: number;
  answers: number;
  /** Answered after it was given up. */
  late: boolean;
}

export type TaskState = 'sent' | 'routed' | 'completed' | 'failed' | 'dead_letter' | 'orphaned';

/** When it was first seen. */
export function beganAt({ sentAt, routedAt, endedAt }: LiveTask): number {
  return sentAt ?? routedAt ?? endedAt ?? 0;
}

/** Beyond this many the oldest are forgotten, and counted. */
const MOST_OPEN = 20_000;
const MOST_ENDED = 2000;
/** Of the ones that failed, and of those without an answer. */
const MOST_TROUBLED = 500;
/** Ids are kept as keys: one that is longer is none that Heddle makes. */
const LONGEST_ID = 200;

/** Not an end of a task. */
const UNDER_WAY = new Set(['pending', 'processing', 'retry']);

/** Follows tasks from their sending to their answer, over a bounded past. Told what passes, and the time. */
export class Tasks {
  readonly #orphanAfterMs: number;
  readonly #traffic: Traffic;
  /** The longest waiting first. */
  readonly #open = new Map<string, LiveTask>();
  readonly #orphans = new Map<string, LiveTask>();
  readonly #ended = new Map<string, LiveTask>();
  readonly #failed: LiveTask[] = [];
  #forgotten = 0;
  #orphaned = 0;

  constructor(orphanAfterMs: number, traffic: Traffic) {
    this.#orphanAfterMs = orphanAfterMs;
    this.#traffic = traffic;
  }

  /** In flight, the longest waiting first. */
  get open(): Iterable<LiveTask> {
    return this.#open.values();
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Were in flight, and too many to follow: what became of them is not known here. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Without an answer for too long; the last ones of them. */
  get orphans(): readonly LiveTask[] {
    return [...this.#orphans.values()];
  }

  /** All there ever were, answered late or not. */
  get orphanedCount(): number {
    return this.#orphaned;
  }

  /** Failed or refused; the last ones of them, the last one last. */
  get failed(): readonly LiveTask[] {
    return this.#failed;
  }

  find(id: string): LiveTask | undefined {
    return this.#open.get(id) ?? this.#orphans.get(id) ?? this.#ended.get(id);
  }

  /** A task on its way to a router, or from one to a worker. The task, where it can be followed. */
  sent(subject: string, facts: Facts, at: number): LiveTask | undefined {
    const { task: id, worker, tier } = facts;
    const routed = subject !== TASKS_INCOMING;
    if (routed && worker !== undefined) {
      const traffic = this.#traffic.of(worker, tier);
      traffic.tasks.count += 1;
      traffic.lastAt = at;
    }
    if (id === undefined || id.length > LONGEST_ID) return undefined;
    const task = this.#open.get(id) ?? this.#orphans.get(id) ?? this.#begin(id, facts);
    if (!routed) task.sentAt ??= at;
    else {
      // Routed twice, it counts as in flight where it went first.
      if (task.routedAt === undefined) {
        task.routedAt = at;
        task.worker = worker;
        task.tier = tier;
        if (task.state === 'sent') {
          task.state = 'routed';
          this.#flies(task, 1);
        }
      }
      task.routes += 1;
    }
    return task;
  }

  answered(subject: string, facts: Facts, at: number): LiveTask | undefined {
    const { task: id, goal, worker, status = '', durationMs } = facts;
    if (UNDER_WAY.has(status)) return undefined;
    const task = id === undefined ? undefined : this.#end(id, at, status === 'failed' ? 'failed' : 'completed', facts);
    if (task !== undefined) task.answeredOn = subject;
    const known = task?.routedAt !== undefined && task.worker === worker ? task : undefined;
    // The answer to a goal is that of a pipeline, which is no worker.
    if (worker === undefined || (id !== undefined && id === goal)) return task;
    const traffic = this.#traffic.ofResult(worker, known?.tier ?? facts.tier);
    traffic.results.count += 1;
    traffic.lastAt = at;
    if (status === 'failed') traffic.failed += 1;
    const began = known?.routedAt;
    // Where the task was not seen, the worker's own word is all there is.
    const ms = began === undefined ? durationMs : at - began;
    if (ms !== undefined && task?.answers !== 2) traffic.durations.add(ms);
    return task;
  }

  refused(facts: Facts, at: number): LiveTask | undefined {
    return facts.task === undefined ? undefined : this.#end(facts.task, at, 'dead_letter', facts);
  }

  /** Gives up what has waited too long. */
  look(now: number): void {
    for (const [id, task] of this.#open) {
      if (now - beganAt(task) < this.#orphanAfterMs) break;
      this.#open.delete(id);
      this.#land(task);
      task.state = 'orphaned';
      this.#orphaned += 1;
      keep(this.#orphans, id, task, MOST_TROUBLED);
    }
  }

  #begin(id: string, facts: Facts): LiveTask {
    const task = unseen(id, facts);
    // Sent again after its end: a new one of the same name.
    this.#ended.delete(id);
    const lost = keep(this.#open, id, task, MOST_OPEN);
    if (lost !== undefined) {
      this.#forgotten += 1;
      this.#land(lost);
    }
    return task;
  }

  /** Of one whose beginning was not seen, it is worth keeping that it failed. */
  #end(id: string, at: number, state: TaskState, facts: Facts): LiveTask | undefined {
    const failed = state !== 'completed';
    const task = this.find(id) ?? (failed && id.length <= LONGEST_ID ? unseen(id, facts) : undefined);
    if (task === undefined) return undefined;
    task.answers += 1;
    if (task.endedAt !== undefined) return task;
    task.late = task.state === 'orphaned';
    if (this.#open.delete(id)) this.#land(task);
    this.#orphans.delete(id);
    task.endedAt = at;
    task.state = state;
    task.reason = facts.error === undefined ? undefined : shortened(facts.error);
    keep(this.#ended, id, task, MOST_ENDED);
    if (failed) {
      this.#failed.push(task);
      if (this.#failed.length > MOST_TROUBLED) this.#failed.shift();
    }
    return task;
  }

  /** It is in flight no more. */
  #land(task: LiveTask): void {
    if (task.state === 'routed') this.#flies(task, -1);
  }

  #flies({ worker, tier }: LiveTask, change: 1 | -1): void {
    if (worker !== undefined) this.#traffic.of(worker, tier).inFlight += change;
  }
}

function unseen(id: string, { worker, tier, goal, stage }: Facts): LiveTask {
  return {
    ...{ id, worker, tier, goal, stage, state: 'sent', late: false, routes: 0, answers: 0 },
    ...{ sentAt: undefined, routedAt: undefined, endedAt: undefined, reason: undefined, answeredOn: undefined },
  };
}

/** A Map keeps the order of insertion, so its first key is the oldest. Returns the one that had to go. */
export function keep<T>(map: Map<string, T>, key: string, value: T, most: number): T | undefined {
  let lost: T | undefined;
  if (map.size >= most && !map.has(key)) {
    const oldest = map.entries().next();
    if (!oldest.done) {
      lost = oldest.value[1];
      map.delete(oldest.value[0]);
    }
  }
  map.set(key, value);
  return lost;
}
