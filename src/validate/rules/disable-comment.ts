import type { Advice } from '../../remedy.ts';
import { closest } from '../../suggest.ts';
import { disableComments } from '../disable.ts';
import type { DocumentRule } from '../rule.ts';

/** Asked when it is needed: the list of rules holds this one. */
export const disableComment = (ids: () => readonly string[]): DocumentRule => ({
  id: 'disable-comment',
  scope: 'document',
  severity: 'warning',
  summary: 'A comment is to silence a rule and names none that exists.',
  why: 'A misspelt rule in a comment silences nothing, now or when the rule speaks one day.',
  remedy: { do: 'correct-rule-name' },
  example: {
    'worker.yaml':
      'name: summarizer\nsystem_prompt: Answer in one sentence.\n# heddle-ts-disable-next-line unknwon-key -- read by our own tool\ntimeout_second: 30\n',
  },
  check: ({ document }, report) => {
    for (const { start, end, rules } of disableComments(document.text)) {
      if (rules.length === 0) report({ start, end }, 'the comment names no rule to silence');
      for (const { id, start } of rules) {
        if (ids().includes(id)) continue;
        const [near] = closest(id, ids());
        const advice: Advice =
          near === undefined ? { remedy: { do: 'list-rules' } } : { hint: `did you mean '${near}'?` };
        report({ start, end: start + id.length }, `there is no rule '${id}' to silence`, advice);
      }
    }
  },
});
