import { type Check, failed, passed } from '../check.ts';

export const connectionRtt: Check = {
  id: 'connection.rtt',
  group: 'connection',
  title: 'the server answers quickly',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const ms = await probe.rtt();
    const shown = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
    if (ms <= probe.ask.rttWarnMs) return passed(`round trip ${shown}`);
    return failed({
      problem: `a round trip takes ${shown}, more than ${probe.ask.rttWarnMs} ms`,
      hint: 'Every hop of a task pays this. Run actors nearer to the server, or raise --rtt-warn when this is as it must be.',
    });
  },
};
