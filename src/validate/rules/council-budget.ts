import { entryOf, isInteger, type MapNode } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';

/** Seconds; the loader refuses less. */
const FLOOR = 5;

export const councilBudget: ConfigRule = {
  id: 'council-budget',
  scope: 'config',
  kinds: ['council'],
  severity: 'error',
  summary: 'The time of a council leaves less than 5 seconds for each turn.',
  why: 'timeout_seconds (600) less synthesis_timeout_seconds (60), divided by rounds (4) times agents, is the time of one turn. heddle-ai 0.9.2 refuses a council with less than 5 seconds.',
  hint: 'Raise timeout_seconds, or lower max_rounds or synthesis_timeout_seconds.',
  example: {
    'council.yaml':
      'name: review\ntimeout_seconds: 90\nagents:\n  - name: author\n    worker_type: writer\n  - name: critic\n    worker_type: critic\n',
  },
  check: ({ root }, report) => {
    const agents = entryOf(root, 'agents')?.value;
    if (agents?.kind !== 'seq' || agents.items.length === 0) return;
    const total = whole(root, 'timeout_seconds', 600);
    const synthesis = whole(root, 'synthesis_timeout_seconds', 60);
    const rounds = whole(root, 'max_rounds', 4);
    if (total === undefined || synthesis === undefined || rounds === undefined) return;
    const at =
      entryOf(root, 'timeout_seconds')?.value ?? entryOf(root, 'max_rounds')?.value ?? entryOf(root, 'agents')!.key;
    if (synthesis < 1) {
      report(entryOf(root, 'synthesis_timeout_seconds')!.value, "'synthesis_timeout_seconds' must be at least 1");
      return;
    }
    const turn = (total - synthesis) / Math.max(rounds * agents.items.length, 1);
    if (turn < FLOOR) {
      report(
        at,
        `each turn gets ${turn.toFixed(1)} s: (${total} - ${synthesis}) / (${rounds} rounds * ${agents.items.length} agents), less than ${FLOOR} s`,
      );
    }
  },
};

function whole(root: MapNode, key: string, absent: number): number | undefined {
  const node = entryOf(root, key)?.value;
  if (node === undefined) return absent;
  return isInteger(node) ? Number(node.value) : undefined;
}
