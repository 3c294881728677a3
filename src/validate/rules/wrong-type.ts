import { reportMismatches } from '../mismatches.ts';
import type { ConfigRule } from '../rule.ts';

export const wrongType: ConfigRule = {
  id: 'wrong-type',
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  summary: 'A value is of another type than its key needs.',
  why: 'Heddle checks types without converting. YAML 1.1 turns plain words into truth values, numbers and dates (no, 12:30:45, 2026-04-29, 1.0), so that a value that looks like text may be none.',
  hint: 'Write the value as the message says; quotes make text of anything.',
  example: { 'worker.yaml': 'name: no\nsystem_prompt: Answer in one sentence.\ntimeout_seconds: 1e3\n' },
  check: reportMismatches('wrong-type'),
};
