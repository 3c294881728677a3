import { conditionsIn } from '../conditions.ts';
import { quote } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';

export const conditionNever: ConfigRule = {
  id: 'condition-never',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A condition compares with a value that can hardly ever match.',
  why: 'Only true, false, null and none are more than text in a condition. Everything else is compared as text: == 5 never matches the number 5, quotes are part of the text, [] and {} are two characters. With != such a condition always holds.',
  hint: 'Let the worker put out true or false, or the number as text.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n  - name: summarize\n    worker_type: summarizer\n    condition: extract.output.pages == 5\n',
  },
  check: ({ root }, report) => {
    for (const { node, operator, value } of conditionsIn(root)) {
      const why = mismatch(value);
      if (why === undefined) continue;
      report(node, `${quote(value)} is compared as text: ${why}`, {
        hint:
          operator === '=='
            ? 'the stage is skipped unless the value is exactly this text'
            : 'the stage runs unless the value is exactly this text',
      });
    }
  },
};

function mismatch(value: string): string | undefined {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value)) return 'it never equals a number';
  if (/^(["'`]).*\1$/.test(value) && value.length > 1) return 'the quotes are part of it';
  if (/^(?:\[.*\]|\{.*\})$/.test(value)) return 'it never equals a list or a mapping';
  if (/^(?:undefined|nil|~)$/i.test(value)) return 'it is no null here, null and none are';
  return undefined;
}
