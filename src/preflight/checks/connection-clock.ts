import { type Check, failed, passed, skipped } from '../check.ts';

const TOLERATED_MS = 2000;

export const connectionClock: Check = {
  id: 'connection.clock',
  group: 'connection',
  title: "our clock agrees with the server's",
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { map, askedAt, answeredAt } = await probe.map();
    const stamps = map.known
      ? map.servers.flatMap(({ id, name, time }) =>
          time === undefined ? [] : [{ who: name ?? id, at: Date.parse(time) }],
        )
      : [];
    const told = stamps.filter(({ at }) => Number.isFinite(at));
    if (told.length === 0) return skipped('the server did not tell its time');
    // The stamp was made somewhere between question and answer: only what is outside counts.
    const skews = told.map(({ who, at }) => ({ who, ms: at < askedAt ? at - askedAt : Math.max(0, at - answeredAt) }));
    const worst = skews.reduce((a, b) => (Math.abs(b.ms) > Math.abs(a.ms) ? b : a));
    if (Math.abs(worst.ms) <= TOLERATED_MS)
      return passed(worst.ms === 0 ? 'no difference' : `${Math.round(Math.abs(worst.ms))} ms apart`);
    return failed({
      target: worst.who,
      problem: `our clock is ${(Math.abs(worst.ms) / 1000).toFixed(1)} s ${worst.ms < 0 ? 'ahead of' : 'behind'} that of ${worst.who}`,
      hint: 'Timestamps of messages mislead, and credentials expire early or late. Turn on time synchronisation (NTP) here or there.',
    });
  },
};
