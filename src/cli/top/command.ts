import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { TOP } from './flags.ts';

/** Only people look at it: what it shows, other commands give to programs, and `y` says which. */
const FORMATS = { human: undefined };

/** The bus, live, on the whole terminal. */
export const top = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts top', 'the bus, its workers, tasks, goals, dead letters and stream; ? shows the keys'],
    ['heddle-ts top --screen workers --where worker_type=echo', 'begin with the workers of one type'],
    ['heddle-ts top --allow-write', 'and reload actors, or send dead letters again, from there'],
  ],
  groups: TOP,
  run: async (session, _args, flags) => {
    const { stdout, env } = session.io;
    if (!stdout.isTTY || env.TERM === 'dumb' || session.io.stdin().isTTY !== true) {
      throw new HeddleError('usage', 'top needs a terminal to draw on, and keys from it', {
        hint: "For scripts and pipes: 'heddle-ts status --watch', 'heddle-ts tail --all --pair -o ndjson', 'heddle-ts dead-letter groups -o json'.",
      });
    }
    const { runTop } = await import('./run.ts');
    return await runTop(session, flags);
  },
});
