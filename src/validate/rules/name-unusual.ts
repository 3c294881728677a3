import { doubtfulNames } from '../names.ts';
import type { ConfigRule } from '../rule.ts';

export const nameUnusual: ConfigRule = {
  id: 'name-unusual',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A name works as part of a subject, and makes trouble.',
  why: 'A dot makes two tokens of one name, so that heddle.tasks.*.local no longer matches it and permissions written for one token do not hold. Letters beyond ASCII look alike and differ.',
  hint: 'Use letters, digits, - and _ (at most 128).',
  example: { 'worker.yaml': 'name: text.summarizer\nsystem_prompt: Answer in one sentence.\n' },
  check: (subject, report) => {
    for (const { node, text, what, reason, fatal } of doubtfulNames(subject)) {
      if (!fatal) report(node, `${what} ${JSON.stringify(text)} is unusual in a subject: ${reason}`);
    }
  },
};
