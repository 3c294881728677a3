import { command } from '../command.ts';
import { refuseIdleFailWords, TAIL } from './flags.ts';
import { FORMATS } from './formats/list.ts';

/** Follows a bus and says what it missed. */
export const tail = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts tail', 'results and dead letters, as they come'],
    ['heddle-ts tail --tasks --pair --worker echo', 'tasks of one worker with their answers and latencies'],
    ['heddle-ts tail --for 30s --expect 10 --fail-on failed,dead_letter', 'a script: exit 1 on a failure or too few'],
    ["heddle-ts tail -o ndjson --where 'output.score<0.5' | jq .message.task_id", 'filter here, work on there'],
  ],
  operand: ['[subjects...]', 'subjects to follow (default: heddle.results.> and heddle.tasks.dead_letter)'],
  groups: TAIL,
  refuse: refuseIdleFailWords,
  run: async (session, args, flags) => {
    const [{ runTail }, { tailRequest }] = await Promise.all([import('./run.ts'), import('./request.ts')]);
    return await runTail(session, tailRequest(args, flags), await FORMATS[session.format](session));
  },
});
