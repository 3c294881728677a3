import type { Facts } from '../tail/facts.ts';
import { shortened } from './shortened.ts';
import { keep, type LiveTask } from './tasks.ts';

/** A goal and the tasks that were sent for it. Times are milliseconds since 1970; undefined is what was not seen. */
export interface LiveGoal {
  readonly id: string;
  instruction: string | undefined;
  sentAt: number | undefined;
  endedAt: number | undefined;
  state: 'running' | 'completed' | 'failed';
  reason: string | undefined;
  /** By id, in the order they were first seen. */
  readonly stages: Map<string, LiveTask>;
  /** Tasks beyond those that are kept. */
  more: number;
  firstAt: number;
}

const MOST_RUNNING = 500;
const MOST_GUESSED = 1000;
const MOST_ENDED = 200;
const MOST_STAGES = 100;
const LONGEST_ID = 200;

/** Goals by what names them: their own message, and the tasks and results that call them parent. */
export class Goals {
  readonly #running = new Map<string, LiveGoal>();
  /** Parents of one task: most of them are the name under which somebody awaits it, and no goal. */
  readonly #guessed = new Map<string, LiveGoal>();
  readonly #ended = new Map<string, LiveGoal>();
  #forgotten = 0;

  /** The longest running first. */
  get running(): readonly LiveGoal[] {
    return [...this.#running.values()];
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** The last ones of them, the last one last. */
  get ended(): readonly LiveGoal[] {
    return [...this.#ended.values()];
  }

  /** Were running, and too many to follow. */
  get forgotten(): number {
    return this.#forgotten;
  }

  find(id: string): LiveGoal | undefined {
    return this.#running.get(id) ?? this.#ended.get(id);
  }

  sent({ goal: id, instruction }: Facts, at: number): void {
    if (id === undefined || id.length > LONGEST_ID) return;
    // Sent again after its end, it runs again.
    this.#ended.delete(id);
    const goal = this.#run(this.#running.get(id) ?? this.#guessed.get(id) ?? begun(id, at));
    goal.sentAt ??= at;
    if (instruction !== undefined) goal.instruction ??= shortened(instruction);
  }

  /** A task of it passed. */
  stage(task: LiveTask, at: number): void {
    const { goal: id } = task;
    if (id === undefined || id.length > LONGEST_ID) return;
    const known = this.find(id);
    const goal = known ?? this.#guessed.get(id) ?? begun(id, at);
    if (!goal.stages.has(task.id)) {
      if (goal.stages.size >= MOST_STAGES) goal.more += 1;
      else goal.stages.set(task.id, task);
    }
    if (known !== undefined) return;
    if (goal.stages.size > 1 || task.stage !== undefined) this.#run(goal);
    else keep(this.#guessed, id, goal, MOST_GUESSED);
  }

  /** Its final result bears its own id. */
  answered({ task: id, goal: parent, status, error }: Facts, at: number): void {
    if (id === undefined || id !== parent) return;
    const goal = this.#running.get(id);
    if (goal === undefined || (status !== 'completed' && status !== 'failed')) return;
    this.#running.delete(id);
    goal.state = status;
    goal.endedAt = at;
    goal.reason = error === undefined ? undefined : shortened(error);
    keep(this.#ended, id, goal, MOST_ENDED);
  }

  #run(goal: LiveGoal): LiveGoal {
    this.#guessed.delete(goal.id);
    if (keep(this.#running, goal.id, goal, MOST_RUNNING) !== undefined) this.#forgotten += 1;
    return goal;
  }
}

function begun(id: string, at: number): LiveGoal {
  return {
    ...{ id, instruction: undefined, sentAt: undefined, endedAt: undefined, state: 'running', reason: undefined },
    ...{ stages: new Map(), more: 0, firstAt: at },
  };
}
