import type { SomeAdvice } from '../remedy.ts';

/** Something on the bus that will lose work, double it, or hide a failure, and what to do about it. */
export type Problem = SomeAdvice & {
  readonly id: ProblemId;
  /** `error`: work is lost or done twice now. `warning`: it will be when something likely happens. */
  readonly severity: 'error' | 'warning';
  /** What it is about: a subject, `type.tier`, or a client; stable, so that it can be ignored by name. */
  readonly target: string;
  readonly message: string;
};

/** What can be wrong with a bus, by names that stay. */
export type ProblemId =
  | 'router_missing'
  | 'router_lost_subscription'
  | 'router_duplicated'
  | 'router_mixed_groups'
  | 'worker_no_group'
  | 'worker_wrong_group'
  | 'worker_mixed_groups'
  | 'goals_unheard'
  | 'goals_no_group'
  | 'goals_mixed'
  | 'dead_letters_unheard'
  | 'stream_hears_tasks'
  | 'http_worker_doubled'
  | 'http_stream_full'
  | 'client_slow'
  | 'client_cut_off';
