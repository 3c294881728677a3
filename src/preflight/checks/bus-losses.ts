import { TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { isHeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import { hearersOf } from '../../topology/hearers.ts';
import { TASKS_STREAM } from '../../topology/kept.ts';
import { plural } from '../../topology/wording.ts';
import { busCheck } from '../bus-check.ts';
import { type Check, failed, passed } from '../check.ts';

/** More than a few failures of late are something that somebody should know. */
const deadLettersLately: Check = {
  id: 'bus.dead_letters_lately',
  group: 'bus',
  title: 'little work failed lately',
  level: 'advisory',
  needs: ['connection.authenticated'],
  applies: ({ ask }) => ask.deadLetters !== undefined,
  run: async (probe) => {
    const { most = 1 } = probe.ask.deadLetters ?? {};
    try {
      const { total, windowMs, groups } = await probe.deadLetters();
      const lately = `${total} ${plural(total, 'failure')} in the last ${Math.round(windowMs / 1000)} s`;
      if (total < most) return passed(lately);
      const shown = groups.slice(0, MOST_SHOWN).map(({ cause, worker, count }) => `${count} ${cause} ${worker}`.trim());
      return failed({
        problem: `${lately} (${most} or more are too many): ${shown.join(', ')}`,
        remedy: { do: 'look-at-dead-letters' },
      });
    } catch (error) {
      if (!isHeddleError(error) || error.code !== 'no_match') throw error;
      return failed({ problem: error.message, ...adviceOf(error), code: error.code });
    }
  },
};

const MOST_SHOWN = 5;

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
  deadLettersLately,
  busCheck(
    { id: 'bus.streams', title: 'no stream is heard in place of an actor', level: 'advisory' },
    ['stream_hears_tasks'],
    (_map, kept) =>
      kept !== 'unknown' && kept.tasks.includes(TASKS_STREAM)
        ? `but ${TASKS_STREAM}, which keeps tasks to be sent again: who sends to a worker is not told when none is there`
        : undefined,
  ),
  busCheck({ id: 'bus.slow', title: 'no client falls behind', level: 'advisory' }, ['client_slow', 'client_cut_off']),
];
