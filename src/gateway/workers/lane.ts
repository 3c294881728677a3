import type { WorkerTypeConfig } from '../../config/views/gateway-config/parts/workers.ts';
import { processorsGroup, taskSubject } from '../../contract/subjects.ts';
import { gatewayProblem } from '../problems.ts';

/** Tasks of one type and tier: one subject of the bus, and what is promised for it. */
export interface Lane {
  /** `ocr.local` */
  readonly name: string;
  readonly type: string;
  readonly tier: string;
  readonly subject: string;
  readonly queue: string;
  readonly config: WorkerTypeConfig;
}

export function lanesOf(types: readonly WorkerTypeConfig[]): ReadonlyMap<string, Lane> {
  const lanes = types.flatMap((config) =>
    config.tiers.map((tier): Lane => {
      const { name: type } = config;
      const [subject, queue] = [taskSubject(type, tier), processorsGroup(type)];
      return { name: `${type}.${tier}`, type, tier, subject, queue, config };
    }),
  );
  return new Map(lanes.map((lane) => [lane.name, lane]));
}

/** The lanes that a worker means: `ocr` is all tiers of it, `ocr.local` one. No type is called as a lane of another is. */
export function lanesAsked(types: readonly string[], lanes: ReadonlyMap<string, Lane>): readonly Lane[] {
  const asked = new Set<Lane>();
  for (const text of types) {
    const exact = lanes.get(text);
    if (exact !== undefined) asked.add(exact);
    let isKnown = exact !== undefined;
    for (const lane of isKnown ? [] : lanes.values()) {
      if (lane.type !== text) continue;
      asked.add(lane);
      isKnown = true;
    }
    if (isKnown) continue;
    const known = [...new Set([...lanes.values()].map(({ type }) => type))].sort().join(', ');
    throw gatewayProblem('unknown_task_type', {
      detail: `tasks of ${JSON.stringify(text.slice(0, 128))} are not handed out here`,
      hint: known === '' ? 'The config of the gateway names none below workers.types.' : `There are ${known}.`,
    });
  }
  return [...asked];
}
