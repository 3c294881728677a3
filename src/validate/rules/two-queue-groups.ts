import type { FileFacts } from '../facts.ts';
import type { RunRule } from '../rule.ts';

export const twoQueueGroups: RunRule = {
  id: 'two-queue-groups',
  scope: 'run',
  severity: 'error',
  summary: 'An LLM worker and a processor have one name and one tier.',
  why: 'LLM workers listen in the queue group workers-<name>, processors in processors-<name>. With one name and tier both groups get every task: it runs twice, and two results with one task_id arrive.',
  hint: 'Rename one of them, or give them different tiers.',
  example: {
    'llm.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\ndefault_model_tier: local\n',
    'processor.yaml': 'name: extractor\nworker_kind: processor\nprocessing_backend: dates.Extractor\n',
  },
  check: (files, report) => {
    const llm = new Map<string, FileFacts>();
    const keyOf = (file: FileFacts): string => JSON.stringify([file.name?.name, file.tier]);
    for (const file of files) if (file.workerKind === 'llm' && file.name !== undefined) llm.set(keyOf(file), file);
    for (const file of files) {
      if (file.workerKind !== 'processor' || file.name === undefined) continue;
      const other = llm.get(keyOf(file));
      if (other !== undefined) {
        report(
          file.name,
          `the processor '${file.name.name}' and the LLM worker of that name in ${other.file} both get every task of the tier '${file.tier}'`,
        );
      }
    }
  },
};
