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
  remedy: 'Correct the name (heddle-ts validate --rules lists them), or remove the comment. Put -- before a reason.',
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
        report({ start, end: start + id.length }, `there is no rule '${id}' to silence`, {
          hint: near === undefined ? "'heddle-ts validate --rules' lists them" : `did you mean '${near}'?`,
        });
      }
    }
  },
});
