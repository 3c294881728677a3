import { isForDevelopment, TELLS_SINCE } from '../../transport/capabilities.ts';
import { type Check, failed, passed } from '../check.ts';

export const connectionVersion: Check = {
  id: 'connection.version',
  group: 'connection',
  title: 'the server is recent enough',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { info } = await probe.transport();
    if (isForDevelopment(info)) return passed(`${info.version}, a development server: not for production`);
    // Servers that tell who is connected speak headers, too.
    if (info.can.connz) return passed(`nats-server ${info.version}`);
    return failed({
      problem: `the server is version ${info.version}, older than ${TELLS_SINCE.connz.join('.')}`,
      hint: 'It does not tell who listens, so the checks of the bus cannot run. Upgrade nats-server.',
    });
  },
};
