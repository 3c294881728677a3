import { GOALS_INCOMING } from '../../contract/subjects.ts';
import type { Check } from '../check.ts';
import { publishRight } from '../right-check.ts';

export const permissionsPublishGoals: Check = publishRight(
  'permissions.publish_goals',
  'goals may be sent',
  'advisory',
  GOALS_INCOMING,
);
