import type { ConfigRule } from '../rule.ts';
import type { Mismatch } from '../shapes/shape.ts';

type Difference = Pick<ConfigRule, 'summary' | 'why' | 'example'> & {
  readonly id: Mismatch['what'];
  readonly hint: string;
};

/** The sorts of difference between a config and the shape of its kind. */
const DIFFERENCES: readonly Difference[] = [
  {
    id: 'missing-key',
    summary: 'A key that this kind of config needs is missing.',
    why: 'The actor refuses to start, or fails on the first message that makes it look for the key.',
    hint: 'Add the key.',
    example: {
      'pipeline.yaml':
        'name: digest\npipeline_stages:\n  - name: extract\n    input_mapping:\n      text: goal.context.text\n',
    },
  },
  {
    id: 'wrong-type',
    summary: 'A value is of another type than its key needs.',
    why: 'Heddle checks types without converting. YAML 1.1 turns plain words into truth values, numbers and dates (no, 12:30:45, 2026-04-29, 1.0), so that a value that looks like text may be none.',
    hint: 'Write the value as the message says; quotes make text of anything.',
    example: { 'worker.yaml': 'name: no\nsystem_prompt: Answer in one sentence.\ntimeout_seconds: 1e3\n' },
  },
  {
    id: 'bad-value',
    summary: 'A value is of the right type and not one that Heddle takes.',
    why: 'Tiers, kinds, protocols and the like are closed lists, in lower case; numbers have a lower bound.',
    hint: 'Take one of the values that the message names.',
    example: {
      'worker.yaml':
        'name: summarizer\nsystem_prompt: Answer in one sentence.\ndefault_model_tier: Local\nmax_output_tokens: 0\n',
    },
  },
];

export const SHAPE_RULES: readonly ConfigRule[] = DIFFERENCES.map((about) => ({
  ...about,
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  check: ({ mismatches }, report) => {
    for (const { what, at, message, hint, key, crash, heddleOnly } of mismatches) {
      if (what === about.id) report(at, message, { hint, key, crash, heddleOnly });
    }
  },
}));
