import { isIP } from 'node:net';
import { adviceOf } from '../../remedy.ts';
import type { Check } from '../check.ts';
import { wayIn } from '../way-in.ts';

export const connectionResolves: Check = {
  id: 'connection.resolves',
  group: 'connection',
  title: "the server's name resolves",
  level: 'required',
  needs: ['settings.valid', 'settings.one_source'],
  run: (probe) =>
    wayIn(probe, 'resolves', {
      passed: (trials) =>
        trials
          .map(({ server, addresses }) =>
            isIP(server.host) === 0 ? `${server.host} is ${addresses.join(', ')}` : server.host,
          )
          .join('; '),
      failed: (error) => ({ problem: `cannot connect to NATS: ${error.message}`, ...adviceOf(error) }),
    }),
};
