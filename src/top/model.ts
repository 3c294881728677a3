import { Groups } from '../deadletter/groups.ts';
import type { Standing } from '../deadletter/standing.ts';
import { judge } from '../letters/judge.ts';
import { letterOf } from '../letters/letter.ts';
import type { GapRecord, MessageRecord, TailRecord } from '../tail/record.ts';
import { Goals } from './goals.ts';
import { Meter } from './meter.ts';
import type { Roles } from './roles.ts';
import { Stream } from './stream.ts';
import { Tasks } from './tasks.ts';
import { Traffic } from './traffic.ts';

/** What passes, by kind; each is a meter of its own. */
export const FLOWS = ['messages', 'tasks', 'results', 'failures', 'refusals', 'goals', 'others'] as const;
export type Flow = (typeof FLOWS)[number];

/** How the connection stands. */
export type LinkState =
  | { readonly up: true; readonly url: string }
  | { readonly up: false; readonly url: string; readonly since: number; readonly reason: string | undefined };

const MOST_GROUPS = 500;
const MOST_GAPS = 20;
const OPEN: Standing = { state: 'open', returns: 0, sentAt: undefined, operation: undefined };

/** Everything that is known of a bus by looking on, within bounds, whatever passes. Told what happens; asks nobody. */
export class BusModel {
  readonly beganAt: number;
  readonly flows: Readonly<Record<Flow, Meter>>;
  readonly traffic = new Traffic();
  readonly tasks: Tasks;
  readonly goals = new Goals();
  readonly stream = new Stream();
  /** What failed since the beginning, by cause. */
  readonly failures = new Groups(MOST_GROUPS);
  link: LinkState;
  roles: Roles = { known: false, reason: 'the servers were not asked yet', readAt: undefined };
  /** Subjects that this user may not listen to: what passes there is unknown. */
  unheard: readonly string[] = [];
  /** The last ones. */
  readonly gaps: GapRecord[] = [];
  readonly lost = { gaps: 0, missed: 0, unknown: 0, dropped: 0 };
  #letters = 0;

  constructor(options: { readonly now: number; readonly url: string; readonly orphanAfterMs: number }) {
    this.beganAt = options.now;
    this.link = { up: true, url: options.url };
    this.tasks = new Tasks(options.orphanAfterMs, this.traffic);
    this.flows = Object.fromEntries(FLOWS.map((name) => [name, new Meter()])) as Record<Flow, Meter>;
  }

  take(record: TailRecord): void {
    if (record.record === 'message') this.#message(record);
    else if (record.record === 'gap') this.#gap(record);
  }

  /** Once a second: rates, percentiles, and who has waited too long. */
  sample(elapsedMs: number, now: number): void {
    for (const name of FLOWS) this.flows[name].sample(elapsedMs);
    this.traffic.sample(elapsedMs);
    // While the bus is away nobody can answer, as far as is known here.
    if (this.link.up) this.tasks.look(now);
  }

  #message(record: MessageRecord): void {
    const { subject, receivedAt: at, decoded, facts } = record;
    this.flows.messages.count += 1;
    switch (decoded.kind) {
      case 'task': {
        this.flows.tasks.count += 1;
        const task = this.tasks.sent(subject, facts, at);
        if (task !== undefined) this.goals.stage(task, at);
        break;
      }
      case 'result': {
        this.flows.results.count += 1;
        const task = this.tasks.answered(subject, facts, at);
        if (task !== undefined) this.goals.stage(task, at);
        this.goals.answered(facts, at);
        if (facts.status === 'failed') this.#failure(record, 'failures');
        break;
      }
      case 'dead_letter': {
        const task = this.tasks.refused(facts, at);
        if (task !== undefined) this.goals.stage(task, at);
        this.#failure(record, 'refusals');
        break;
      }
      case 'goal':
        this.flows.goals.count += 1;
        this.goals.sent(facts, at);
        break;
      case 'unknown':
        if (!this.#failure(record, 'failures')) this.flows.others.count += 1;
        break;
      default:
        this.flows.others.count += 1;
    }
    this.stream.add(record);
  }

  /** False for what is no failed work. */
  #failure({ subject, bytes, receivedAt: at }: MessageRecord, flow: 'failures' | 'refusals'): boolean {
    const finding = judge(subject, bytes);
    if (finding === undefined) return false;
    this.flows[flow].count += 1;
    this.#letters += 1;
    this.failures.add(letterOf(finding, { source: 'live', seq: this.#letters, keptAt: at, at, subject, bytes }), OPEN);
    return true;
  }

  #gap(gap: GapRecord): void {
    if (gap.reason === 'buffer') this.lost.dropped += gap.missed ?? 0;
    else {
      this.lost.gaps += 1;
      this.lost.missed += gap.missed ?? gap.atLeast ?? 0;
      if (gap.missed === undefined) this.lost.unknown += 1;
    }
    this.gaps.push(gap);
    if (this.gaps.length > MOST_GAPS) this.gaps.shift();
    this.stream.add(gap);
  }
}
