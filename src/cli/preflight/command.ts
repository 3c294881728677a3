import { isHeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { CHECKED, COUNTS, WHEN } from './flags.ts';
import { FORMATS } from './formats/list.ts';

/** Is this machine ready, is the bus alive, who is listening. */
export const preflight = command({
  formats: FORMATS,
  connects: true,
  examples: [
    ['heddle-ts preflight', 'settings, connection, permissions, bus; what this machine can serve'],
    [
      'heddle-ts preflight --configs-dir configs --expect router --expect worker:echo.local:2',
      'is everything there that should be?',
    ],
    ['heddle-ts preflight --expect router --wait 60s', 'wait until it is, for compose, CI and init containers'],
  ],
  groups: [CHECKED, COUNTS, WHEN],
  run: async (session, _args, flags) => {
    // Never depends on the bus: a broken bus must not restart the pod that looks at it.
    if (flags.probe === 'live') {
      session.print('live');
      return EXIT.ok;
    }
    // The client takes longer to load than everything else: begun now, it comes while the settings are read.
    const client = import('../../transport/nats.ts');
    const [{ runPreflight }] = await Promise.all([import('./run.ts'), client]);
    return await runPreflight(session, flags);
  },
  showFailure: async (session, thrown) => {
    // Where nothing could be checked, that world has a state of its own; 2 would say that the bus is down.
    if (session.format !== 'nagios' || !isHeddleError(thrown) || thrown.code === 'internal') return undefined;
    const { nagiosUnknown } = await import('./formats/nagios.ts');
    session.io.stdout.write(nagiosUnknown(thrown));
    return EXIT.bus;
  },
});
