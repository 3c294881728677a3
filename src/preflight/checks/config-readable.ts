import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configReadable: Check = configCheck('readable', 'the config files can be read', ({ place, reason }) => ({
  problem: `config file not readable: ${place}: ${reason}`,
  hint: `Look at its owner and mode (ls -la ${place}), and at the user that this runs as.`,
}));
