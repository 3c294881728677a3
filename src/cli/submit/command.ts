import { command } from '../command.ts';
import { refuseAddressee, requestOf, SUBMIT } from './flags.ts';
import { FORMATS } from './formats/list.ts';

/** Work for a worker, or a goal: sent, and seen through as far as was asked. */
export const submit = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts submit echo --set text=hello --wait', 'send one task to the echo worker and show its answer'],
    [
      'heddle-ts submit --goal "summarise the report" --context file=q3.md --wait 5m',
      'give a pipeline a goal, see it through',
    ],
    ['heddle-ts submit echo --payload @task.json --trace', 'show every hop, and which one is missing'],
    [
      'heddle-ts submit echo --jsonl tasks.ndjson --wait --concurrency 32 --journal done.ndjson',
      'a batch that can be resumed',
    ],
  ],
  operand: ['[worker_type]', 'the worker that shall do it; with --config: the name in the config'],
  groups: SUBMIT,
  refuse: refuseAddressee,
  run: async (session, args, flags) => {
    const request = requestOf(args, flags);
    const show = await FORMATS[session.format](session);
    if (request.jsonl === undefined && request.count === undefined)
      return await (await import('./one.ts')).submitOne(session, request, show);
    return await (await import('./many.ts')).submitMany(session, request, await show.batch());
  },
});
