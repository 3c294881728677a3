import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { keepsPromises } from './promises.ts';

noLeaks();

const home = {
  name: 'nats-server',
  async start(t, { users, maxPayload }) {
    const config = [
      users === undefined ? '' : `authorization { users = ${JSON.stringify(users)} }`,
      maxPayload === undefined ? '' : `max_payload: ${maxPayload}`,
    ].join('\n');
    const server = await natsServerFor(t, { config });
    return {
      connect: (options) => connect({ servers: [server.url], ...options }),
      kill: () => server.kill(),
      revive: () => server.start(),
      // The signal for its lame duck mode; Windows has no signals.
      ...(process.platform === 'win32' ? {} : { announceLeaving: () => void process.kill(server.pid, 'SIGUSR2') }),
    };
  },
} satisfies Parameters<typeof keepsPromises>[0];

keepsPromises(home, { skip: skipWithoutNatsServer() });
