import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { HeddleError } from '../../errors.ts';
import type { AskCore } from '../core.ts';
import type { Hub } from '../hub/hub.ts';
import { callbackRoutes } from '../noetl/callback.ts';
import type { Playbooks } from '../noetl/execute.ts';
import { GRAPHQL_MISSING, type GraphQlServer, openGraphQl } from '../noetl/graphql.ts';
import { graphQlRoute, type OpenedPlaybooks } from '../noetl/graphql-route.ts';
import { playbookRoute } from '../noetl/playbook-route.ts';
import type { Part } from '../part.ts';

/** What clients may start by a name that the config gives it, and where its results may be brought. */
export function playbooks(ask: AskCore, { playbooks: asked }: GatewayConfig): Part | undefined {
  if (asked.length === 0) return undefined;
  let force: Playbooks = new Map();
  /** undefined: not looked for yet; `missing`: its package is not installed. */
  let server: GraphQlServer | 'missing' | undefined;
  const opened = (): OpenedPlaybooks => ({ playbooks: force, server: server === 'missing' ? undefined : server });
  const hub = (): Hub => {
    const found = ask().hub();
    if (found !== undefined) return found;
    throw new HeddleError('settings_invalid', 'playbooks tell their clients by events, and those are switched off');
  };
  return {
    name: 'playbooks',
    routes: [playbookRoute(ask, () => force), graphQlRoute(ask, opened), ...callbackRoutes(ask, hub)],
    contract: ({ playbooks, updates }) => ({
      playbooks: playbooks.map(({ path, target }) => ({
        name: path,
        to: target.to,
        worker_type: target.to === 'task' ? target.workerType : null,
      })),
      graphql: server === undefined ? null : server === 'missing' ? GRAPHQL_MISSING.detail : 'served',
      playbook_result: 'the first counts, over the bus or over HTTP; told once, and again to who comes back',
      playbook_states: updates === undefined ? null : `${updates.subjectPrefix}<execution>.step.exit and others`,
    }),
    look: async () => {
      server ??= (await openGraphQl()) ?? 'missing';
    },
    prepare: ({ playbooks }) => {
      const next = new Map(playbooks.map((each) => [each.path, each] as const));
      return () => {
        force = next;
      };
    },
    open: async () => {
      hub();
      if (server !== 'missing') return;
      const { detail, hint } = GRAPHQL_MISSING;
      ask().log({ kind: 'part_failed', part: 'playbooks', reason: `${detail}. ${hint}` });
    },
  };
}
