import type { Check } from '../check.ts';
import { subscribeRight } from '../right-check.ts';
import { WATCHED_RESULTS } from '../user-rights.ts';

export const permissionsSubscribeResults: Check = subscribeRight(
  'permissions.subscribe_results',
  'results may be read',
  'required',
  WATCHED_RESULTS,
);
