import { TASKS_INCOMING } from '../../contract/subjects.ts';
import type { Check } from '../check.ts';
import { publishRight } from '../right-check.ts';

export const permissionsPublishTasks: Check = publishRight(
  'permissions.publish_tasks',
  'tasks may be sent',
  'required',
  TASKS_INCOMING,
);
