import type { SomeAdvice } from '../remedy.ts';
import type { Problem } from '../topology/problem.ts';
import type { BusModel } from './model.ts';
import { workerRows } from './workers.ts';

/** What is wrong with a bus: what its map tells, and what passes there. */
export type BusProblem = SomeAdvice & {
  readonly id: Problem['id'] | 'worker_absent';
  readonly severity: Problem['severity'];
  readonly target: string;
  readonly message: string;
};

/** Errors first. Undefined: the servers do not tell who is there, so nobody knows. */
export function busProblems(model: BusModel): readonly BusProblem[] | undefined {
  const { roles } = model;
  if (!roles.known) return undefined;
  const all = [...absentWorkers(model), ...roles.problems];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity !== 'error')];
}

/** Tasks are routed to them, and nobody is there. */
function absentWorkers(model: BusModel): BusProblem[] {
  const { orphans } = model.tasks;
  return workerRows(model)
    .filter(({ trouble }) => trouble === 'absent')
    .map(({ type, tier, inFlight }) => {
      const waiting = inFlight + orphans.filter((each) => each.worker === type && each.tier === tier).length;
      return {
        id: 'worker_absent',
        severity: 'error',
        target: `${type}.${tier}`,
        message: `tasks are routed to ${type}.${tier}, where nobody listens: ${waiting} without an answer`,
        remedy: { do: 'start-worker', workerType: type },
      };
    });
}
