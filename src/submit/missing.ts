import { GOALS_INCOMING } from '../contract/subjects.ts';
import type { Prepared } from '../delivery/prepared.ts';
import { HeddleError } from '../errors.ts';

/** The part of a bus that should have been listening. */
export interface MissingPart {
  readonly part: 'router' | 'worker' | 'pipeline or orchestrator';
  readonly subject: string;
  /** The next thing to type. */
  readonly remedy: string;
}

export function partFor(prepared: Pick<Prepared, 'kind' | 'subject' | 'workerType' | 'direct'>): MissingPart {
  const { subject } = prepared;
  if (prepared.kind === 'goal') return goalTaker();
  if (prepared.direct) return workerFor(prepared.workerType ?? '', subject);
  return {
    part: 'router',
    subject,
    remedy: "Start one: 'heddle-ts router --config <router_rules.yaml>' (or Heddle's own: 'heddle router').",
  };
}

export function workerFor(workerType: string, subject: string): MissingPart {
  return {
    part: 'worker',
    subject,
    remedy: `Start one that serves "${workerType}": 'heddle-ts worker --config <worker.yaml>' (or Heddle's own: 'heddle worker', 'heddle processor').`,
  };
}

function goalTaker(): MissingPart {
  return {
    part: 'pipeline or orchestrator',
    subject: GOALS_INCOMING,
    remedy: "Start one: 'heddle pipeline --config <pipeline.yaml>'.",
  };
}

/** What was sent is lost: core NATS keeps nothing. */
export function nobodyListens(missing: MissingPart, what: string): HeddleError {
  return new HeddleError('nobody_listens', `no ${missing.part} listens on ${missing.subject}: ${what}`, {
    hint: missing.remedy,
  });
}
