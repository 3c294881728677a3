import { entryOf, isString, type MapNode } from '../../config/node.ts';
import { PRIORITIES } from '../../contract/messages.ts';
import { any, listOf, mapOf, positive, type Shape, text, tier } from './shape.ts';

const dispatches = (type: string) => (map: MapNode) => {
  const node = entryOf(map, 'dispatch_type')?.value;
  return isString(node) && node.value === type;
};
const priority = { is: 'choice', of: PRIORITIES } as const;

/** Checked where they are used: the scheduler reads them when the entry fires, and the entry then fails each time. */
const goal: Shape = {
  fields: [
    { key: 'instruction', spec: text, required: true },
    { key: 'context', spec: { is: 'map' } },
    { key: 'priority', spec: priority },
  ],
  also: [],
};
const task: Shape = {
  fields: [
    { key: 'worker_type', spec: text, required: true },
    { key: 'payload', spec: { is: 'map' } },
    { key: 'model_tier', spec: tier },
    { key: 'priority', spec: priority },
  ],
  also: ['metadata'],
  instead: { tier: 'model_tier', worker: 'worker_type' },
};

const entry: Shape = {
  fields: [
    { key: 'name', spec: any, required: true },
    { key: 'dispatch_type', spec: { is: 'choice', of: ['goal', 'task'] }, required: true },
    { key: 'interval_seconds', spec: positive },
    { key: 'cron', spec: text },
    { key: 'goal', spec: mapOf(goal), required: true, when: dispatches('goal') },
    { key: 'task', spec: mapOf(task), required: true, when: dispatches('task') },
  ],
  also: ['description', 'enabled', 'expand_from', 'goal', 'task'],
  instead: { interval: 'interval_seconds', schedule: 'cron', type: 'dispatch_type' },
};

export const scheduler: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'schedules', spec: listOf(mapOf(entry)), required: true },
  ],
  also: ['description', 'version'],
};
