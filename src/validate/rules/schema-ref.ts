import { entryOf, isNull, isString, type MapNode } from '../../config/node.ts';
import { describe } from '../describe.ts';
import type { ConfigRule, Report } from '../rule.ts';
import { stagesOf } from '../stages.ts';

export const schemaRef: ConfigRule = {
  id: 'schema-ref',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'error',
  summary: 'A schema reference is not the path of a Python class.',
  why: 'heddle validate never resolves input_schema_ref and output_schema_ref; the actor does when it starts, and ends if the reference is not module.Class.',
  hint: 'Write the dotted path of a Pydantic model, or the schema itself.',
  example: { 'worker.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema_ref: ExtractorInput\n' },
  check: ({ root, kind }, report) => {
    look(root, report);
    if (kind === 'pipeline') for (const { map } of stagesOf(root).all) look(map, report);
  },
};

function look(map: MapNode, report: Report): void {
  for (const key of ['input_schema', 'output_schema']) {
    const ref = entryOf(map, `${key}_ref`)?.value;
    if (ref === undefined || isNull(ref) || map.entries.has(key)) continue;
    if (!isString(ref) || !ref.value.includes('.')) {
      report(ref, `'${key}_ref' must be the path of a class (module.Class), it is ${describe(ref)}`);
    }
  }
}
