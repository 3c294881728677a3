import { entryOf, pythonType } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';

export const knowledgeSource: ConfigRule = {
  id: 'knowledge-source',
  scope: 'config',
  kinds: ['worker'],
  severity: 'error',
  summary: "'required' of a knowledge source is no truth value.",
  why: 'A source that is missing ends the worker or is skipped, as required says. Heddle refuses anything else than true and false there.',
  hint: 'Write true or false, without quotes.',
  example: {
    'worker.yaml':
      'name: advisor\nsystem_prompt: Answer from the handbook.\nknowledge_sources:\n  - path: handbook.md\n    required: "yes"\n',
  },
  check: ({ root }, report) => {
    const list = entryOf(root, 'knowledge_sources')?.value;
    if (list?.kind !== 'seq') return;
    list.items.forEach((item, index) => {
      const required = entryOf(item, 'required')?.value;
      if (required === undefined || pythonType(required) === 'bool') return;
      report(required, `'required' of knowledge_sources[${index}] must be true or false`, {
        key: `knowledge_sources[${index}].required`,
      });
    });
  },
};
