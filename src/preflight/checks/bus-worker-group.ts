import { busCheck } from '../bus-check.ts';

export const busWorkerGroup = busCheck(
  { id: 'bus.worker_group', title: 'workers listen in the queue group of their name', level: 'advisory' },
  ['worker_no_group', 'worker_wrong_group'],
  () => undefined,
);
