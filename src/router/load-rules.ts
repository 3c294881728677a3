import { requireConfig } from '../config/require.ts';
import { readRouterRules } from '../config/views/router.ts';
import type { RouterRules } from './rules.ts';

/** Reads a rules file. Throws with the places of what is wrong. */
export function loadRules(path: string, shown = path): RouterRules {
  return requireConfig(path, shown, readRouterRules);
}
