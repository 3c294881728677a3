import { type Check, failed, passed } from '../check.ts';

/** From here on servers tell their clients who is connected, and speak headers. */
const OLDEST = [2, 9] as const;

export const connectionVersion: Check = {
  id: 'connection.version',
  group: 'connection',
  title: 'the server is recent enough',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { info } = await probe.transport();
    if (info.development) return passed(`${info.version}, a development server: not for production`);
    const [major = 0, minor = 0] = info.version.split('.').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return passed(`nats-server ${info.version}`);
    return failed({
      problem: `the server is version ${info.version}, older than ${OLDEST.join('.')}`,
      hint: 'It does not tell who listens, so the checks of the bus cannot run. Upgrade nats-server.',
    });
  },
};
