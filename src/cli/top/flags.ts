import { HeddleError } from '../../errors.ts';
import { closest } from '../../suggest.ts';
import { duration } from '../flags/duration.ts';
import { text, textOr, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';

/** By the names of the files in screens/, in the order of their keys. */
export const SCREEN_NAMES = ['bus', 'workers', 'tasks', 'goals', 'dead-letters', 'stream'] as const;

const VIEW = flagGroup({
  heading: 'The view:',
  flags: {
    screen: textOr('--screen <name>', `begin with ${SCREEN_NAMES.join(', ')} (default bus)`, screenAt, 0),
    where: text('--where <condition>', 'begin with this filter on that screen, as / takes it'),
    allowWrite: toggle('--allow-write', 'R reloads, P sends a group of dead letters again; each asks first'),
  },
});

const WATCHING = flagGroup({
  heading: 'Watching:',
  flags: {
    orphanAfter: textOr(
      '--orphan-after <duration>',
      'a task without an answer for so long is given up (default 60s)',
      duration({ min: 1000 }),
      60_000,
    ),
    every: textOr(
      '--every <duration>',
      'how often the servers are asked who is there (default 2s)',
      duration({ min: 500 }),
      2000,
    ),
    pingInterval: textOr(
      '--ping-interval <duration>',
      'a frozen connection is noticed after three of these (default 10s)',
      duration({ min: 20 }),
      10_000,
    ),
  },
});

export const TOP = [VIEW, WATCHING] as const;
export type TopFlags = ValuesOf<typeof TOP>;

function screenAt(written: string, flag: string): number {
  const names: readonly string[] = SCREEN_NAMES;
  const at = names.indexOf(written);
  if (at >= 0) return at;
  const [meant] = closest(written, SCREEN_NAMES);
  throw new HeddleError('usage', `${flag}: there is no screen ${JSON.stringify(written.slice(0, 60))}`, {
    hint: meant === undefined ? `Screens are ${SCREEN_NAMES.join(', ')}.` : `Did you mean ${meant}?`,
  });
}
