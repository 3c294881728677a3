import { isSubscribePattern } from '../../../../contract/subject-grammar.ts';
import type { Section } from '../../section.ts';

export interface UpdatesConfig {
  /** Subjects `<prefix><execution>.step.exit` and others tell how executions go on. Ends with a dot. */
  readonly subjectPrefix: string;
}

/** What others say of executions; undefined: nobody says anything. */
export function updates(top: Section): UpdatesConfig | undefined {
  const section = top.section('updates');
  if (section === undefined) return undefined;
  const subjectPrefix = section.neededText('subject_prefix') ?? '';
  const node = section.map.entries.get('subject_prefix')?.value;
  const isPrefix =
    subjectPrefix.endsWith('.') && isSubscribePattern(`${subjectPrefix}>`) && !/[*>]/.test(subjectPrefix);
  if (node !== undefined && subjectPrefix !== '' && !isPrefix) {
    section.bad(
      'subject_prefix',
      node,
      'must be tokens of a subject with a dot at the end, such as playbooks.executions.',
    );
  }
  section.finish();
  return { subjectPrefix };
}
