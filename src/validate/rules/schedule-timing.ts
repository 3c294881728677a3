import { entryOf, isString, type MapNode } from '../../config/node.ts';
import { cronProblem } from '../cron.ts';
import type { ConfigRule } from '../rule.ts';

export const scheduleTiming: ConfigRule = {
  id: 'schedule-timing',
  scope: 'config',
  kinds: ['scheduler'],
  severity: 'error',
  summary: 'A schedule does not say when, says it twice, or says it wrongly.',
  why: 'An entry needs either cron or interval_seconds. The scheduler refuses both, neither, and a cron expression that cannot be read.',
  hint: 'Keep one of the two; a cron expression has five fields (minute hour day month weekday), six with seconds at the end.',
  example: {
    'scheduler.yaml':
      'name: nightly\nschedules:\n  - name: digest\n    cron: "0 25 * * *"\n    dispatch_type: goal\n    goal:\n      instruction: Write the digest.\n',
  },
  check: ({ root }, report) => {
    const list = entryOf(root, 'schedules')?.value;
    if (list?.kind !== 'seq') return;
    for (const entry of list.items) {
      if (entry.kind !== 'map') continue;
      const cron = entryOf(entry, 'cron');
      const interval = entryOf(entry, 'interval_seconds');
      if (cron !== undefined && interval !== undefined)
        report(interval.key, "'cron' and 'interval_seconds' exclude each other");
      else if (cron === undefined && interval === undefined)
        report(firstKey(entry), "a schedule needs 'cron' or 'interval_seconds'");
      if (cron === undefined || !isString(cron.value)) continue;
      const problem = cronProblem(cron.value.value);
      if (problem !== undefined) report(cron.value, `the cron expression cannot be read: ${problem}`);
    }
  },
};

function firstKey(map: MapNode): { start: number; end: number } {
  for (const { key } of map.entries.values()) return key;
  return map;
}
