import { reportMismatches } from '../mismatches.ts';
import type { ConfigRule } from '../rule.ts';

export const missingKey: ConfigRule = {
  id: 'missing-key',
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  summary: 'A key that this kind of config needs is missing.',
  why: 'The actor refuses to start, or fails on the first message that makes it look for the key.',
  hint: 'Add the key.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    input_mapping:\n      text: goal.context.text\n',
  },
  check: reportMismatches('missing-key'),
};
