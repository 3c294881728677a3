import { GOALS_INCOMING } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import type { Remedy } from '../remedy.ts';
import type { Prepared } from './prepared.ts';

/** The part of a bus that should have been listening, and what starts it. */
export interface MissingPart {
  readonly part: 'router' | 'worker' | 'pipeline or orchestrator';
  readonly subject: string;
  readonly remedy: Remedy;
}

export function partFor(prepared: Pick<Prepared, 'kind' | 'subject' | 'workerType' | 'direct'>): MissingPart {
  const { subject } = prepared;
  if (prepared.kind === 'goal') return goalTaker();
  if (prepared.direct) return workerFor(prepared.workerType ?? '', subject);
  return { part: 'router', subject, remedy: { do: 'start-router', missed: 'by-task' } };
}

export function workerFor(workerType: string, subject: string): MissingPart {
  return { part: 'worker', subject, remedy: { do: 'start-worker', workerType } };
}

function goalTaker(): MissingPart {
  return {
    part: 'pipeline or orchestrator',
    subject: GOALS_INCOMING,
    remedy: { do: 'start-goal-taker', missed: 'by-goal' },
  };
}

/** What was sent is lost: core NATS keeps nothing. */
export function nobodyListens(missing: MissingPart, what: string): HeddleError {
  return new HeddleError('nobody_listens', `no ${missing.part} listens on ${missing.subject}: ${what}`, {
    remedy: missing.remedy,
  });
}
