import type { Check } from '../check.ts';
import { wayIn } from '../way-in.ts';

export const connectionSpeaksNats: Check = {
  id: 'connection.speaks_nats',
  group: 'connection',
  title: 'a NATS server answers there',
  level: 'required',
  needs: ['connection.reachable'],
  run: (probe) => wayIn(probe, 'speaks_nats', { passed: () => undefined }),
};
