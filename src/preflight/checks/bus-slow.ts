import { busCheck } from '../bus-check.ts';

export const busSlow = busCheck(
  { id: 'bus.slow', title: 'no client falls behind', level: 'advisory' },
  ['client_slow'],
  () => undefined,
);
