import type { Check } from '../check.ts';
import { configCheck } from '../config-check.ts';

export const configUtf8: Check = configCheck('utf8', 'the config files are UTF-8 text', ({ place, reason }) => ({
  problem: `${place}: ${reason}`,
  hint: `Save it as UTF-8 without a byte order mark; Heddle's actors end in a traceback on anything else.`,
}));
