import type { ConfigDocument } from '../../config/document.ts';
import { keyText, type Node } from '../../config/node.ts';
import type { ConfigRule, Report } from '../rule.ts';

export const duplicateKey: ConfigRule = {
  id: 'duplicate-key',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A key stands twice in one mapping.',
  why: 'PyYAML takes the last value and says nothing of the others: what was written first is lost.',
  hint: 'Remove or rename one of the two.',
  example: {
    'worker.yaml':
      'name: summarizer\nsystem_prompt: Answer in one sentence.\ntimeout_seconds: 30\nmax_output_tokens: 500\ntimeout_seconds: 60\n',
  },
  check: ({ document, root }, report) => visit(root, document, new Set(), report),
};

function visit(node: Node, document: ConfigDocument, seen: Set<Node>, report: Report): void {
  if ((node.kind !== 'map' && node.kind !== 'seq') || seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'seq') {
    for (const item of node.items) visit(item, document, seen, report);
    return;
  }
  for (const { key, value, merged, earlier } of node.entries.values()) {
    if (earlier !== undefined && !merged) {
      const { line } = document.position(earlier.start);
      report(key, `the key '${keyText(key)}' stands in line ${line} already, and what it says there is lost`);
    }
    visit(value, document, seen, report);
  }
}
