import { onMap } from '../bus-check.ts';
import { type Check, verdictOn } from '../check.ts';

export const busMapWhole: Check = {
  id: 'bus.map_whole',
  group: 'bus',
  title: 'nothing of the bus is out of sight',
  level: 'advisory',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, ({ gaps }) =>
      verdictOn(
        gaps.map((gap) => ({
          problem: gap,
          hint: 'What seems to be missing from the bus may be there: read the checks below with that in mind.',
        })),
      ),
    ),
};
