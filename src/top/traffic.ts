import { Meter } from './meter.ts';
import { RecentDurations } from './recent-durations.ts';
import { shortened } from './shortened.ts';

/** Beyond this many, workers are counted together: names are others' to choose. */
const MOST = 1000;
const LONGEST_NAME = 200;

/** What was seen of the tasks of one worker type and tier. */
export class WorkerTraffic {
  readonly type: string;
  /** Undefined: of results whose task was not seen; a result does not name its tier. */
  readonly tier: string | undefined;
  readonly tasks = new Meter();
  readonly results = new Meter();
  readonly durations = new RecentDurations();
  failed = 0;
  /** Routed to it, and not answered. */
  inFlight = 0;
  /** When the last task or result passed, in milliseconds since 1970. */
  lastAt = 0;

  constructor(type: string, tier: string | undefined) {
    this.type = type;
    this.tier = tier;
  }
}

/** The traffic of every worker, by type and tier. */
export class Traffic {
  readonly #workers = new Map<string, WorkerTraffic>();
  /** The tiers of a type, for results that do not name theirs. */
  readonly #tiers = new Map<string, Set<string>>();
  readonly #rest = new WorkerTraffic('', undefined);

  get workers(): readonly WorkerTraffic[] {
    return [...this.#workers.values()];
  }

  /** All that were too many, as one; no message of theirs is lost from the sums. */
  get rest(): WorkerTraffic | undefined {
    return this.#rest.lastAt === 0 ? undefined : this.#rest;
  }

  of(type: string, tier: string | undefined): WorkerTraffic {
    const key = `${type}\n${tier ?? ''}`;
    const known = this.#workers.get(key);
    if (known !== undefined) return known;
    if (this.#workers.size >= MOST) return this.#rest;
    if (key.length > LONGEST_NAME) {
      const short = shortened(type, LONGEST_NAME / 2);
      if (short !== type) return this.of(short, tier === undefined ? undefined : shortened(tier, LONGEST_NAME / 4));
    }
    const worker = new WorkerTraffic(type, tier);
    this.#workers.set(key, worker);
    if (tier !== undefined) this.#tiers.set(type, (this.#tiers.get(type) ?? new Set()).add(tier));
    return worker;
  }

  /** Whose result it is, where the task was not seen: of a type with one tier there is no doubt. */
  ofResult(type: string, tier: string | undefined): WorkerTraffic {
    if (tier !== undefined) return this.of(type, tier);
    const tiers = this.#tiers.get(type);
    const [only] = tiers?.size === 1 ? tiers : [];
    return this.of(type, only);
  }

  sample(elapsedMs: number): void {
    for (const each of [...this.#workers.values(), this.#rest]) {
      each.tasks.sample(elapsedMs);
      each.results.sample(elapsedMs);
      each.durations.sample(elapsedMs);
    }
  }
}
