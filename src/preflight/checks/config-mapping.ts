import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configMapping: Check = configCheck('mapping', 'the config files hold a mapping', ({ place, reason }) => ({
  problem: `${place}: ${reason}`,
  hint: 'A config is "key: value" lines, beginning with name:.',
  remedy: { do: 'validate-config', why: 'no-mapping', file: place },
}));
