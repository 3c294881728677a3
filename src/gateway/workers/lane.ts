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

/** The lanes that a worker means: `ocr` is all tiers of it, `ocr.local` one. */
export function lanesAsked(types: readonly string[], lanes: ReadonlyMap<string, Lane>): readonly Lane[] {
  const asked = types.flatMap((text) => {
    const exact = lanes.get(text);
    const found = exact === undefined ? [...lanes.values()].filter(({ type }) => type === text) : [exact];
    if (found.length > 0) return found;
    const known = [...new Set([...lanes.values()].map(({ type }) => type))].sort().join(', ');
    throw gatewayProblem('unknown_task_type', {
      detail: `tasks of ${JSON.stringify(text.slice(0, 128))} are not handed out here`,
      hint: known === '' ? 'The config of the gateway names none below workers.types.' : `There are ${known}.`,
    });
  });
  return [...new Set(asked)];
}
