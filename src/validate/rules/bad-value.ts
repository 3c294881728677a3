import { reportMismatches } from '../mismatches.ts';
import type { ConfigRule } from '../rule.ts';

export const badValue: ConfigRule = {
  id: 'bad-value',
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  summary: 'A value is of the right type and not one that Heddle takes.',
  why: 'Tiers, kinds, protocols and the like are closed lists, in lower case; numbers have a lower bound.',
  hint: 'Take one of the values that the message names.',
  example: {
    'worker.yaml':
      'name: summarizer\nsystem_prompt: Answer in one sentence.\ndefault_model_tier: Local\nmax_output_tokens: 0\n',
  },
  check: reportMismatches('bad-value'),
};
