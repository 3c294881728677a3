import type { Job } from './lease.ts';

/** A worker that asks for tasks, once. Who is given some has left the line, and joins it again when it wants more. */
export interface Asker<J extends Job> {
  readonly lanes: readonly string[];
  readonly most: number;
  /** At least one, and at most `most`. */
  take(jobs: readonly J[]): void;
}

interface Lane<J extends Job> {
  readonly ready: J[];
  /** In the order in which they came. */
  readonly askers: Set<Asker<J>>;
  /** When something of it was handed out last, counted in tasks. */
  servedAt: number;
  /** Of all that is ready. */
  weight: number;
}

/**
 * Brings tasks and workers together. Who waits longest is served first, with one task before anybody gets a second; of the lanes
 * that have tasks, the one that was served longest ago goes first, so that none starves. What comes within one turn of the event
 * loop is shared out together.
 */
export class Desk<J extends Job> {
  readonly #lanes = new Map<string, Lane<J>>();
  readonly #weigh: (job: J) => number;
  #served = 0;
  #isCalled = false;

  constructor(weigh: (job: J) => number = () => 0) {
    this.#weigh = weigh;
  }

  /** A task behind the others of its lane. */
  offer(job: J): void {
    const lane = this.#lane(job.lane);
    lane.ready.push(job);
    lane.weight += this.#weigh(job);
    this.#call();
  }

  /** Tasks that were handed out, or about to be: before the others of their lanes, in the order given. */
  handBack(jobs: readonly J[]): void {
    for (const job of [...jobs].reverse()) {
      const lane = this.#lane(job.lane);
      lane.ready.unshift(job);
      lane.weight += this.#weigh(job);
    }
    this.#call();
  }

  /**
   * For a worker that wants one task: the one that it would be given in the line, where it would be the only one there. Undefined where
   * it has to join it.
   */
  next(lanes: readonly string[]): J | undefined {
    let from: Lane<J> | undefined;
    for (const name of lanes) {
      const lane = this.#lanes.get(name);
      if (lane === undefined) continue;
      // Whoever waits there is about to be served.
      if (lane.askers.size > 0) return undefined;
      if (lane.ready.length > 0 && (from === undefined || lane.servedAt < from.servedAt)) from = lane;
    }
    return from === undefined ? undefined : this.#takeFirst(from);
  }

  /** Returns how to leave the line. */
  join(asker: Asker<J>): () => void {
    this.#enter(asker);
    this.#call();
    return () => this.#leave(asker);
  }

  /** How many tasks wait for a worker. */
  ready(lane: string): number {
    return this.#lanes.get(lane)?.ready.length ?? 0;
  }

  /** What waits there weighs so much. */
  weight(lane: string): number {
    return this.#lanes.get(lane)?.weight ?? 0;
  }

  /** How many workers wait for a task. */
  askers(lane: string): number {
    return this.#lanes.get(lane)?.askers.size ?? 0;
  }

  /** Whether a task that matches waits. */
  waits(lane: string, matches: (job: J) => boolean): boolean {
    return this.#lanes.get(lane)?.ready.some(matches) ?? false;
  }

  /** Takes out the tasks that match. */
  remove(lane: string, matches: (job: J) => boolean = () => true): readonly J[] {
    const from = this.#lane(lane);
    const out = from.ready.filter(matches);
    if (out.length > 0) from.ready.splice(0, from.ready.length, ...from.ready.filter((job) => !matches(job)));
    for (const job of out) from.weight -= this.#weigh(job);
    return out;
  }

  #call(): void {
    if (this.#isCalled) return;
    this.#isCalled = true;
    queueMicrotask(() => {
      this.#isCalled = false;
      this.#serve();
    });
  }

  #serve(): void {
    const given = new Map<Asker<J>, J[]>();
    let round: Asker<J>[] = [];
    for (;;) {
      const lane = this.#nextLane();
      if (lane !== undefined) {
        const asker = lane.askers.values().next().value as Asker<J>;
        const jobs = given.get(asker) ?? [];
        jobs.push(this.#takeFirst(lane));
        given.set(asker, jobs);
        this.#leave(asker);
        if (jobs.length < asker.most) round.push(asker);
      } else if (round.length > 0) {
        // Everybody has one: those who take more come again, in the same order.
        for (const asker of round) this.#enter(asker);
        round = [];
        if (this.#nextLane() === undefined) break;
      } else break;
    }
    for (const asker of given.keys()) this.#leave(asker);
    for (const [asker, jobs] of given) asker.take(jobs);
  }

  /** Of a lane that has one. */
  #takeFirst(lane: Lane<J>): J {
    const job = lane.ready.shift() as J;
    lane.weight -= this.#weigh(job);
    this.#served += 1;
    lane.servedAt = this.#served;
    return job;
  }

  /** Of the lanes with a task and somebody who asks, the one that was served longest ago. */
  #nextLane(): Lane<J> | undefined {
    let next: Lane<J> | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.ready.length === 0 || lane.askers.size === 0) continue;
      if (next === undefined || lane.servedAt < next.servedAt) next = lane;
    }
    return next;
  }

  #enter(asker: Asker<J>): void {
    for (const lane of asker.lanes) this.#lane(lane).askers.add(asker);
  }

  #leave(asker: Asker<J>): void {
    for (const lane of asker.lanes) this.#lanes.get(lane)?.askers.delete(asker);
  }

  #lane(name: string): Lane<J> {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane<J> = { ready: [], askers: new Set(), servedAt: 0, weight: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }
}
