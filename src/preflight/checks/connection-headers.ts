import { type Check, failed, passed } from '../check.ts';

export const connectionHeaders: Check = {
  id: 'connection.headers',
  group: 'connection',
  title: 'the server knows message headers',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) =>
    (await probe.transport()).info.headers
      ? passed()
      : failed({
          problem: 'the server does not support headers, so nobody is told when a message reaches no listener',
          hint: 'Remove no_header_support from the server configuration, or upgrade nats-server.',
        }),
};
