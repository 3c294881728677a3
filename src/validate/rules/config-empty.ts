import { describe } from '../describe.ts';
import type { DocumentRule } from '../rule.ts';

export const configEmpty: DocumentRule = {
  id: 'config-empty',
  scope: 'document',
  severity: 'error',
  summary: 'The file is empty, or its top is not a mapping.',
  why: 'A config is a mapping of keys to values. Heddle refuses an empty file, a list or a bare value.',
  hint: 'Start the file with keys, such as `name: my_worker`.',
  example: { 'worker.yaml': '- name: summarizer\n- system_prompt: Answer in one sentence.\n' },
  check: ({ document: { root } }, report) => {
    if (root === undefined || (root.kind === 'map' && root.entries.size > 0)) return;
    const empty = root.kind === 'scalar' && root.type === 'NoneType';
    report(
      { start: root.start, end: root.start },
      empty ? 'the file is empty' : `a config is a mapping of keys, this file holds ${describe(root)}`,
    );
  },
};
