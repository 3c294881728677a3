import { closest } from '../../suggest.ts';
import type { RunRule } from '../rule.ts';

export const workerUndeclared: RunRule = {
  id: 'worker-undeclared',
  scope: 'run',
  severity: 'warning',
  summary: 'A worker is named that no config of this run declares.',
  why: 'Tasks for it are published to a subject that nobody listens to: the stage waits its whole timeout and the goal fails. Asked only when worker configs are among the files.',
  hint: 'Correct the name, or validate the config of the worker along with the others.',
  example: {
    'pipeline.yaml': 'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extracter\n',
    'worker.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\n',
  },
  check: (files, report) => {
    const declared = new Set<string>();
    for (const { kind, name } of files) if (kind === 'worker' && name !== undefined) declared.add(name.name);
    if (declared.size === 0) return;
    for (const { needs } of files) {
      for (const need of needs) {
        if (declared.has(need.name)) continue;
        const [near] = closest(need.name, declared);
        report(need, `${need.by} names the worker '${need.name}', which no config declares`, {
          hint: near === undefined ? undefined : `did you mean '${near}'?`,
        });
      }
    }
  },
};
