import { TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { hearersOf } from '../../topology/hearers.ts';
import { busCheck } from '../bus-check.ts';
import type { Check } from '../check.ts';

/** What is lost without anybody knowing: refused tasks that nobody hears of, and messages for a client that is cut off. */
export const LOSS_CHECKS: readonly Check[] = [
  busCheck(
    { id: 'bus.dead_letters', title: 'somebody hears dead letters', level: 'advisory' },
    ['dead_letters_unheard'],
    (map, kept) => {
      const { actors, watchers } = hearersOf(map, TASKS_DEAD_LETTER);
      const streams = kept === 'unknown' ? [] : kept.deadLetters;
      if (streams.length > 0) return `kept by stream ${streams.map((name) => JSON.stringify(name)).join(', ')}`;
      return actors.length > 0
        ? `${actors.length} listening`
        : `only watchers (${watchers.length}), which may keep nothing`;
    },
  ),
  busCheck({ id: 'bus.streams', title: 'no stream is heard in place of an actor', level: 'advisory' }, [
    'stream_hears_tasks',
  ]),
  busCheck({ id: 'bus.slow', title: 'no client falls behind', level: 'advisory' }, ['client_slow', 'client_cut_off']),
];
