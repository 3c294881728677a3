import type { MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import { covers, type TopicFilter } from '../../config/views/gateway-config/topic-filter.ts';

/** What a broker is asked for, as it stands on the wire. */
export interface AskedFilter {
  readonly wire: string;
  readonly qos: 0 | 1 | 2;
}

/** Those that no other one covers: a broker may send a message once for each that fits. */
export function filtersOf({ rules, share }: MqttInput): readonly AskedFilter[] {
  const all = rules.flatMap(({ filters, qos }) => filters.map((filter) => ({ filter, qos })));
  const kept: { readonly filter: TopicFilter; readonly qos: 0 | 1 | 2 }[] = [];
  for (const [at, each] of all.entries()) {
    const isCovered = all.some(
      (other, index) =>
        index !== at &&
        covers(other.filter, each.filter) &&
        // Of two that mean the same the first stays.
        (!covers(each.filter, other.filter) || index < at),
    );
    if (!isCovered) kept.push(each);
  }
  return kept.map(({ filter, qos }) => {
    // What is read in place of others is read as well as the best of them.
    const best = Math.max(qos, ...all.filter((other) => covers(filter, other.filter)).map((other) => other.qos));
    return { wire: share === undefined ? filter.wire : `$share/${share}/${filter.wire}`, qos: best as 0 | 1 | 2 };
  });
}
