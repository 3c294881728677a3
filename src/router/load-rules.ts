import { readRouterRules } from '../config/views/router.ts';
import { requireConfig } from '../config/views/view.ts';
import type { RouterRules } from './rules.ts';

/** Reads a rules file. Throws with the places of what is wrong. Apart from rules.ts: a router without a file reads no YAML. */
export function loadRules(path: string, shown = path): RouterRules {
  return requireConfig(path, shown, readRouterRules);
}
