import { isNumber } from '../../config/node.ts';
import { numbersIn } from '../numbers.ts';
import type { ConfigRule } from '../rule.ts';

export const numberNotFinite: ConfigRule = {
  id: 'number-not-finite',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A limit is NaN or infinite.',
  why: 'Heddle accepts .nan and .inf where it asks for a positive number. A timeout of NaN never compares as it should, an infinite one never ends.',
  hint: 'Write a number.',
  example: {
    'pipeline.yaml':
      'name: digest\ntimeout_seconds: .nan\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    timeout_seconds: .inf\n',
  },
  check: (subject, report) => {
    if (!/\.(?:nan|inf)/i.test(subject.document.text)) return;
    for (const [key, node] of numbersIn(subject.root)) {
      if (isNumber(node) && (node.value === Number.POSITIVE_INFINITY || Number.isNaN(node.value))) {
        report(node, `'${key}' is ${Number.isNaN(node.value) ? 'not a number (NaN)' : 'infinite'}`);
      }
    }
  },
};
