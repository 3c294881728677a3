import { type Check, failed, passed, skipped } from '../check.ts';
import type { Traffic } from '../traffic.ts';

/** Two versions of Heddle on one bus do not read each other, and neither says so. */
const readable: Check = {
  id: 'bus.generations',
  group: 'bus',
  title: 'all messages are framed the same way',
  level: 'required',
  needs: ['connection.authenticated'],
  applies: ({ ask }) => ask.listenMs !== undefined,
  run: async (probe) => {
    const traffic = await probe.traffic();
    const { bare, messages, refused, ms } = traffic;
    if (messages === 0) {
      return refused.length > 0
        ? skipped(`this user may not subscribe to ${refused.join(' and ')}`)
        : skipped(`no task and no result passed in ${Math.round(ms)} ms`);
    }
    const frames = messages - bare;
    if (frames === 0) return passed(`${messages} messages, as heddle-ai 0.9.2 reads them`);
    if (bare === 0)
      return passed(`${messages} messages, all of them frames of generation C, which heddle-ai 0.9.2 does not read`);
    return failed({
      target: 'C',
      problem: `${frames} of ${messages} messages are frames of generation C (${kindsOf(traffic)}), which heddle-ai 0.9.2 does not read, and the others are bare, which generation C refuses`,
      hint: 'Run routers, workers, pipelines and senders of one version of Heddle on a bus.',
    });
  },
};

function kindsOf({ framed }: Traffic): string {
  return [...framed]
    .map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`)
    .sort()
    .join(', ');
}

export const GENERATION_CHECKS: readonly Check[] = [readable];
