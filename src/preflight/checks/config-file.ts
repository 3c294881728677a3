import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configFile: Check = configCheck('file', 'the config files are regular files', ({ place, reason }) => ({
  problem: `${place} is no config file: ${reason}`,
  remedy: { do: 'name-config-file' },
}));
