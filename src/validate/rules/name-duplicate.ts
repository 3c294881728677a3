import type { FileFacts } from '../facts.ts';
import type { RunRule } from '../rule.ts';

export const nameDuplicate: RunRule = {
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
