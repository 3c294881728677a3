import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { refuseRateOnce, WHAT, WHERE } from './flags.ts';
import { FORMATS } from './formats/list.ts';
import type { Seen, StatusView } from './view.ts';

/** The live map of the bus: who listens where, and what is wrong with it. */
export const status = command({
  formats: FORMATS,
  connects: true,
  examples: [
    ['heddle-ts status', 'routers, workers, goal takers, listeners, watchers, problems'],
    ['heddle-ts status --configs-dir configs', 'and what is configured but absent, or present but not configured'],
    ['heddle-ts status --worker echo', 'one kind of worker, and what is wrong with it'],
    ['heddle-ts status --watch 2s', 'look again and again, show what changed'],
    [
      'heddle-ts status --monitor http://localhost:8222',
      'read it from the monitoring port; needs no connection to the bus',
    ],
  ],
  groups: [WHAT, WHERE],
  refuse: refuseRateOnce,
  run: async (session, _args, flags) => {
    const { watch } = flags;
    const [{ openStatusSource }, { expectedFrom }] = await Promise.all([
      import('./source.ts'),
      import('../preflight/expected-configs.ts'),
    ]);
    const expected = await expectedFrom(session, flags);
    const source = await openStatusSource(session, flags, watch !== undefined);
    const { where } = source;
    const write = await FORMATS[session.format](session);
    const viewOf = (seen: Seen): StatusView => ({ ...seen, where, expected, choice: flags });
    if (watch !== undefined) {
      const { watchStatus } = await import('./watch.ts');
      return await watchStatus(session, { source, everyMs: watch, viewOf, render: write });
    }
    session.io.stdout.write(write(viewOf(await source.read())));
    return EXIT.ok;
  },
});
