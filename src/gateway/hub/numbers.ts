import { CounterBy } from '../../http/prometheus.ts';

/** What clients are told of. Each is the name of its event. */
export const NOTICES = [
  'task/result',
  'goal/result',
  'task/progress',
  'goal/state',
  'playbook/result',
  'playbook/state',
  'subscription/event',
  'subscription/state',
] as const;
export type NoticeName = (typeof NOTICES)[number];

/** What the hub counts; each series is there from the start. */
export class HubNumbers {
  /** `lost`: it could not be kept, and nobody was told. */
  readonly notices = new CounterBy('outcome', ['kept', 'lost']);
  readonly byEvent = new CounterBy('event', NOTICES);
  /** How connections began. */
  readonly connections = new CounterBy('began', ['fresh', 'resumed', 'gap', 'restart']);
  readonly tickets = new CounterBy('outcome', ['given', 'used', 'refused']);

  kept(event: NoticeName): void {
    this.notices.add('kept');
    this.byEvent.add(event);
  }

  lost(): void {
    this.notices.add('lost');
  }
}
