import { closest } from '../../suggest.ts';
import type { FileFacts } from '../facts.ts';
import type { Rule, RunRule } from '../rule.ts';

const workerUndeclared: RunRule = {
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

const workerUnused: RunRule = {
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

const nameDuplicate: RunRule = {
  id: 'name-duplicate',
  scope: 'run',
  severity: 'warning',
  summary: 'Two configs of one kind have one name.',
  why: 'Two workers of one name and tier share a queue group: each task goes to either of them, as chance has it. Two pipelines of one name cannot be told apart in results.',
  hint: 'Rename one of them; copies of one worker need only one config.',
  example: {
    'a.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\n',
    'b.yaml': 'name: extractor\nsystem_prompt: Extract the names.\n',
  },
  check: (files, report) => {
    const first = new Map<string, FileFacts>();
    for (const file of files) {
      if (file.name === undefined || file.kind === 'unknown') continue;
      const key = JSON.stringify([file.kind, file.workerKind, file.tier, file.name.name]);
      const known = first.get(key);
      if (known === undefined) first.set(key, file);
      else report(file.name, `the ${file.kind} name '${file.name.name}' is declared in ${known.file} too`);
    }
  },
};

const twoQueueGroups: RunRule = {
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

export const BETWEEN_FILES_RULES: readonly Rule[] = [workerUndeclared, workerUnused, nameDuplicate, twoQueueGroups];
