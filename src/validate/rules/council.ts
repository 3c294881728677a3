import { entryOf, isInteger, isNull, isString, type MapNode } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Rule } from '../rule.ts';

const councilAgents: ConfigRule = {
  id: 'council-agents',
  scope: 'config',
  kinds: ['council'],
  severity: 'error',
  summary: "A council's agents pass Heddle's check and do not load.",
  why: "The check counts agents; the loader also wants each name once, exactly one of worker_type and bridge for each agent, and in sees_transcript_from only 'all' and names of agents. A council that breaks this validates and then does not start.",
  hint: 'Mend the agent that the message names.',
  example: {
    'council.yaml':
      'name: review\nagents:\n  - name: author\n    worker_type: writer\n  - name: author\n    worker_type: critic\n    bridge: chat.Bridge\n',
  },
  check: ({ root }, report) => {
    const agents = entryOf(root, 'agents')?.value;
    if (agents?.kind !== 'seq') return;
    const names = new Set<string>();
    for (const agent of agents.items) {
      const name = entryOf(agent, 'name')?.value;
      if (!isString(name)) continue;
      if (names.has(name.value)) report(name, `the agent name '${name.value}' is taken`);
      names.add(name.value);
    }
    for (const agent of agents.items) {
      if (agent.kind !== 'map') continue;
      const backends = ['worker_type', 'bridge']
        .map((key) => entryOf(agent, key))
        .filter((entry) => entry !== undefined && !isNull(entry.value));
      if (backends.length === 2) report(backends[1]!.key, "an agent has 'worker_type' or 'bridge', not both");
      if (backends.length === 0) {
        const first = agent.entries.values().next().value;
        report(first?.key ?? agent, "an agent needs 'worker_type' or 'bridge'");
      }
      const sees = entryOf(agent, 'sees_transcript_from')?.value;
      if (sees?.kind !== 'seq') continue;
      for (const item of sees.items) {
        if (!isString(item) || item.value === 'all' || names.has(item.value)) continue;
        const [near] = closest(item.value, ['all', ...names]);
        report(item, `'${item.value}' is no agent of this council`, {
          hint: near === undefined ? undefined : `did you mean '${near}'?`,
        });
      }
    }
  },
};

/** Seconds; the loader refuses less. */
const FLOOR = 5;

const councilBudget: ConfigRule = {
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

export const COUNCIL_RULES: readonly Rule[] = [councilAgents, councilBudget];
