import { CONFIG_KINDS } from '../../config/kind.ts';
import { keyText } from '../../config/node.ts';
import { list } from '../describe.ts';
import type { DocumentRule } from '../rule.ts';

export const configKind: DocumentRule = {
  id: 'config-kind',
  scope: 'document',
  severity: 'error',
  summary: 'No key says what kind of config this is.',
  why: 'The kind is recognised by its keys: pipeline_stages, system_prompt, processing_backend, worker_kind, available_workers, tier_overrides, schedules, agents, tools, entry_configs and the like. Without one of them nothing can be checked, and no actor can use the file.',
  remedy: { do: 'name-kind' },
  example: { 'worker.yaml': 'name: summarizer\nsystem_promt: Answer in one sentence.\n' },
  check: (subject, report) => {
    const { root } = subject;
    if (root === undefined || subject.kind !== 'unknown') return;
    const first = [...root.entries.values()][0]!;
    const keys = [...root.entries.values()].slice(0, 5).map(({ key }) => keyText(key).slice(0, 40));
    report(first.key, `nothing says what kind of config this is (its keys: ${list(keys)})`, {
      remedy: { do: 'name-kind', kinds: CONFIG_KINDS },
    });
  },
};
