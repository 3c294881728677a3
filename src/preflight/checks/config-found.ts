import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configFound: Check = configCheck('found', 'the config files exist', ({ place }) => ({
  problem: `config file not found: ${place}`,
  hint: `Check the spelling, and where a symbolic link leads: ls -la ${place}`,
}));
