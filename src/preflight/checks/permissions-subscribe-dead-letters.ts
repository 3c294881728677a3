import { TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import type { Check } from '../check.ts';
import { subscribeRight } from '../right-check.ts';

export const permissionsSubscribeDeadLetters: Check = subscribeRight(
  'permissions.subscribe_dead_letters',
  'dead letters may be read',
  'advisory',
  TASKS_DEAD_LETTER,
);
