import { busCheck } from '../bus-check.ts';

export const busWorkerOnce = busCheck(
  { id: 'bus.worker_once', title: 'every task is worked on once', level: 'required' },
  ['worker_mixed_groups'],
  ({ workers }) => `${workers.length} worker ${workers.length === 1 ? 'subject' : 'subjects'}`,
);
