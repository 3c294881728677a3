import { isHeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import { type Check, failed, passed } from '../check.ts';

export const connectionRtt: Check = {
  id: 'connection.rtt',
  group: 'connection',
  title: 'the server answers quickly',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    let ms: number;
    try {
      ms = await probe.rtt();
    } catch (error) {
      if (!isHeddleError(error)) throw error;
      // Slow is a warning; no answer at all is none.
      return failed({ problem: error.message, ...adviceOf(error), code: error.code, level: 'required' });
    }
    const shown = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
    if (ms <= probe.ask.rttWarnMs) return passed(`round trip ${shown}`);
    return failed({
      problem: `a round trip takes ${shown}, more than ${probe.ask.rttWarnMs} ms`,
      hint: 'Every hop of a task pays this.',
      remedy: { do: 'shorten-way' },
    });
  },
};
