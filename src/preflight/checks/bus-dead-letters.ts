import { TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { hearersOf } from '../../topology/hearers.ts';
import { busCheck } from '../bus-check.ts';

export const busDeadLetters = busCheck(
  { id: 'bus.dead_letters', title: 'somebody hears dead letters', level: 'advisory' },
  ['dead_letters_unheard'],
  (map) => {
    const { actors, watchers } = hearersOf(map, TASKS_DEAD_LETTER);
    return actors.length > 0
      ? `${actors.length} listening`
      : `only watchers (${watchers.length}), which may keep nothing`;
  },
);
