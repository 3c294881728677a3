import type { Guard } from '../time/guard.ts';
import { type EndingRules, matchesAny } from './ending.ts';
import type { MessageRecord } from './record.ts';

/** Whether a message is the one to end with; patterns of the user run under the guard. */
export function untilTest(ending: EndingRules, guard: () => Guard): ((record: MessageRecord) => boolean) | undefined {
  const { until } = ending;
  if (until === undefined || until.length === 0) return undefined;
  if (until.every(({ pattern }) => pattern === undefined)) return (record) => matchesAny(until, record);
  const guardOnce = guard();
  return (record) => {
    let met = false;
    guardOnce(() => {
      met = matchesAny(until, record);
    });
    return met;
  };
}
