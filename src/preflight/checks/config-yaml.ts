import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configYaml: Check = configCheck('yaml', 'the config files are YAML', ({ place, reason }) => ({
  problem: `${place}: invalid YAML: ${reason}`,
  hint: 'Tabs for indentation, an unclosed quote and a truncated upload are the usual causes.',
}));
