import { entryOf } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';

export const fileRefsWorkspace: ConfigRule = {
  id: 'file-refs-workspace',
  scope: 'config',
  kinds: ['worker'],
  severity: 'error',
  summary: 'resolve_file_refs stands without workspace_dir.',
  why: 'References to files are looked up below workspace_dir; without it Heddle refuses the config.',
  hint: 'Add workspace_dir.',
  example: { 'worker.yaml': 'name: reader\nsystem_prompt: Summarize the file.\nresolve_file_refs: [document]\n' },
  check: ({ root }, report) => {
    const refs = entryOf(root, 'resolve_file_refs');
    if (refs === undefined || root.entries.has('workspace_dir')) return;
    report(refs.key, "'resolve_file_refs' needs the key 'workspace_dir'", { key: 'resolve_file_refs' });
  },
};
