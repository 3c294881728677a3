import type { Family } from '../http/prometheus.ts';
import type { RecentCounts } from './recent.ts';

/** Failed work of late in Prometheus' terms: the same from everybody who serves it. */
export function letterFamilies({ total, groups, windowMs }: RecentCounts): readonly Family[] {
  return [
    {
      name: 'heddle_dead_letters_window_seconds',
      type: 'gauge',
      help: 'How far back failed work is counted.',
      samples: [[{}, windowMs / 1000]],
    },
    {
      name: 'heddle_dead_letters_recent',
      type: 'gauge',
      help: 'Failed work within the window.',
      samples: [[{}, total]],
    },
    {
      name: 'heddle_dead_letters_recent_by_reason',
      type: 'gauge',
      help: 'Failed work within the window, by reason and worker.',
      samples: groups.map(({ cause, worker, count }) => [{ reason: cause, worker }, count]),
    },
  ];
}
