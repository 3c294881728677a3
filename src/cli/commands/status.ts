import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';

const gather = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** The live map of the bus: who listens where, and what is wrong with it. */
export const status: CommandSpec = {
  formats: ['human', 'json'],
  connects: true,
  examples: [
    ['heddle-ts status', 'routers, workers, goal takers, listeners, watchers, problems'],
    ['heddle-ts status --configs-dir configs', 'and what is configured but absent, or present but not configured'],
    ['heddle-ts status --watch 2s', 'look again and again, show what changed'],
    [
      'heddle-ts status --monitor http://localhost:8222',
      'read it from the monitoring port; needs no connection to the bus',
    ],
  ],
  declare: (command) => {
    command.optionsGroup('What to show:');
    command
      .option('--config <path...>', 'compare with these configs')
      .option('--configs-dir <dir>', 'compare with every *.yaml under it')
      .option('--watch [every]', 'go on, and show what changed (default every 2s)');
    command.optionsGroup('Where from:');
    command
      .option(
        '--monitor <url>',
        "a server's monitoring port instead of the bus; repeat for each server of a cluster",
        gather,
      )
      .option('--account <name>', 'only this account; with --monitor');
  },
  run: async (session, _args, options) => {
    const watching = options.watch !== undefined;
    const [{ openStatusSource }, { statusOutput }, { expectedFrom }] = await Promise.all([
      import('../status/source.ts'),
      import('../output/status/list.ts'),
      import('../preflight/expected-configs.ts'),
    ]);
    const expected = await expectedFrom(session, options);
    const { where, read } = await openStatusSource(session, options, watching);
    const render = statusOutput(session, where, expected);
    if (!watching) {
      session.io.stdout.write(render(await read()));
      return EXIT.ok;
    }
    const { watchStatus } = await import('../status/watch.ts');
    return await watchStatus(session, options, read, render);
  },
};
