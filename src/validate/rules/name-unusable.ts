import { doubtfulNames } from '../names.ts';
import type { ConfigRule } from '../rule.ts';

export const nameUnusable: ConfigRule = {
  id: 'name-unusable',
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  summary: 'A name cannot be part of a subject.',
  why: 'The name of a worker is a token of the subject heddle.tasks.<name>.<tier>. Spaces split the protocol line, an empty token leaves a subject that nobody can subscribe to, * and > are wildcards: tasks for such a name are lost or reach the wrong subscriber.',
  hint: 'Use letters, digits, - and _ (at most 128).',
  example: { 'worker.yaml': 'name: my worker\nsystem_prompt: Answer in one sentence.\n' },
  check: (subject, report) => {
    for (const { node, text, what, reason, fatal } of doubtfulNames(subject)) {
      if (fatal) report(node, `${what} ${JSON.stringify(text)} cannot be part of a subject: ${reason}`);
    }
  },
};
