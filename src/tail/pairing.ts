import type { DecodedMessage } from '../contract/read-message.ts';
import type { Facts } from './facts.ts';
import type { OrphanRecord, PairNote } from './record.ts';

interface Open {
  readonly task: string;
  readonly worker: string | undefined;
  readonly tier: string | undefined;
  readonly goal: string | undefined;
  readonly sentAt: number;
  routedAt: number | undefined;
  results: number;
  orphaned: boolean;
}

interface Goal {
  readonly sentAt: number | undefined;
  seen: number;
  completed: number;
  failed: number;
}

/** Beyond this many the oldest are forgotten: about 20 MB. */
const MOST = 50_000;
/** Not an end of a task. */
const UNDER_WAY = new Set(['pending', 'processing', 'retry']);

/** Joins tasks with their results and goals with their stages, by id, over a bounded past. */
export class Pairing {
  readonly #orphanAfterMs: number;
  readonly #most: number;
  /** In the order they were sent, which is the order they become orphans in. */
  readonly #tasks = new Map<string, Open>();
  readonly #waiting = new Map<string, Open>();
  readonly #goals = new Map<string, Goal>();
  #forgotten = 0;

  constructor(orphanAfterMs: number, most = MOST) {
    this.#orphanAfterMs = orphanAfterMs;
    this.#most = most;
  }

  /** Tasks without an answer so far. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  see(subject: string, decoded: DecodedMessage, facts: Facts, at: number): PairNote | undefined {
    switch (decoded.kind) {
      case 'goal':
        if (facts.goal !== undefined) this.#goal(facts.goal, at);
        return undefined;
      case 'task':
        return this.#task(subject, facts, at);
      case 'dead_letter':
        return this.#deadLetter(facts, at);
      case 'result':
        return this.#result(facts, at);
      default:
        return undefined;
    }
  }

  /** Tasks that waited too long by now; each is told once. */
  orphans(now: number): OrphanRecord[] {
    const found: OrphanRecord[] = [];
    for (const [id, open] of this.#waiting) {
      const waitedMs = now - open.sentAt;
      if (waitedMs < this.#orphanAfterMs) break;
      this.#waiting.delete(id);
      open.orphaned = true;
      const { task, worker, tier, goal, sentAt } = open;
      found.push({ record: 'orphan', task, worker, tier, goal, sentAt, waitedMs });
    }
    return found;
  }

  #task(subject: string, facts: Facts, at: number): PairNote | undefined {
    const { task, worker, tier, goal } = facts;
    if (task === undefined) return undefined;
    const routed = subject !== INCOMING;
    const known = this.#tasks.get(task);
    if (known !== undefined) {
      if (routed) known.routedAt ??= at;
      return note({ latencyMs: at - known.sentAt });
    }
    const open: Open = {
      task,
      worker,
      tier,
      goal,
      sentAt: at,
      routedAt: routed ? at : undefined,
      results: 0,
      orphaned: false,
    };
    remember(this.#tasks, task, open, this.#most, () => {});
    remember(this.#waiting, task, open, this.#most, () => {
      this.#forgotten += 1;
    });
    if (goal !== undefined) this.#goal(goal, undefined).seen += 1;
    return undefined;
  }

  #deadLetter(facts: Facts, at: number): PairNote | undefined {
    const known = facts.task === undefined ? undefined : this.#tasks.get(facts.task);
    if (known === undefined) return undefined;
    this.#waiting.delete(known.task);
    return note({ latencyMs: at - known.sentAt, late: known.orphaned });
  }

  #result(facts: Facts, at: number): PairNote | undefined {
    const { task, status = '', goal } = facts;
    if (task === undefined || UNDER_WAY.has(status)) return undefined;
    const whole = task === goal ? this.#goals.get(task) : undefined;
    const known = this.#tasks.get(task);
    if (known === undefined) {
      // Results whose task was before our time: only their number can be told.
      const open: Open = { ...UNSEEN, task, sentAt: at, results: 1 };
      remember(this.#tasks, task, open, this.#most, () => {});
      if (whole === undefined) return undefined;
      const latencyMs = whole.sentAt === undefined ? undefined : at - whole.sentAt;
      return note({ latencyMs, stages: { seen: whole.seen, completed: whole.completed, failed: whole.failed } });
    }
    known.results += 1;
    this.#waiting.delete(task);
    if (goal !== undefined && task !== goal && known.results === 1) {
      const stages = this.#goal(goal, undefined);
      if (status === 'failed') stages.failed += 1;
      else stages.completed += 1;
    }
    const seen = known.worker !== undefined || known.routedAt !== undefined;
    return note({
      latencyMs: seen ? at - known.sentAt : undefined,
      sinceRoutedMs: known.routedAt === undefined ? undefined : at - known.routedAt,
      nth: known.results,
      late: known.orphaned,
    });
  }

  #goal(id: string, sentAt: number | undefined): Goal {
    const known = this.#goals.get(id);
    if (known !== undefined && (sentAt === undefined || known.sentAt !== undefined)) return known;
    const goal: Goal = { seen: 0, completed: 0, failed: 0, ...known, sentAt };
    remember(this.#goals, id, goal, this.#most, () => {});
    return goal;
  }
}

const INCOMING = 'heddle.tasks.incoming';

const UNSEEN: Open = {
  task: '',
  worker: undefined,
  tier: undefined,
  goal: undefined,
  sentAt: 0,
  routedAt: undefined,
  results: 0,
  orphaned: false,
};

function note(known: Partial<PairNote>): PairNote {
  return { latencyMs: undefined, sinceRoutedMs: undefined, nth: 1, late: false, stages: undefined, ...known };
}

/** A Map keeps the order of insertion, so its first key is the oldest. */
function remember<T>(map: Map<string, T>, key: string, value: T, most: number, forget: () => void): void {
  if (map.size >= most && !map.has(key)) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
    forget();
  }
  map.set(key, value);
}
