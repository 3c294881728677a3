import type { RunRule } from '../rule.ts';

export const workerUnused: RunRule = {
  id: 'worker-unused',
  scope: 'run',
  severity: 'note',
  summary: 'A worker is declared that no pipeline of this run uses.',
  why: 'It may be meant for single tasks, or be left over. Asked only when a pipeline or an orchestrator is among the files.',
  hint: 'Nothing, when tasks are sent to it directly.',
  example: {
    'pipeline.yaml': 'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n',
    'worker.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\n',
    'other.yaml': 'name: translator\nsystem_prompt: Translate into English.\n',
  },
  check: (files, report) => {
    if (!files.some(({ kind }) => kind === 'pipeline' || kind === 'orchestrator')) return;
    const used = new Set(files.flatMap(({ kind, needs }) => (kind === 'router' ? [] : needs.map((need) => need.name))));
    for (const { kind, name } of files) {
      if (kind === 'worker' && name !== undefined && !used.has(name.name))
        report(name, `no pipeline of this run uses the worker '${name.name}'`);
    }
  },
};
