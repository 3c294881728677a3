import { entryOf, isNull, isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule } from '../rule.ts';

export const councilAgents: ConfigRule = {
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
