import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { consoleProblem } from '../../config/views/gateway-config/read.ts';
import { HeddleError } from '../../errors.ts';
import { readPage } from '../console/page.ts';
import { consoleRoutes, type Opened } from '../console/routes.ts';
import { Shared } from '../console/shared.ts';
import { authenticationOf } from '../contract.ts';
import type { AskCore } from '../core.ts';
import { gauge } from '../metrics.ts';
import type { Part } from '../part.ts';

/** How old what is shown may be: whoever looks meanwhile sees the same. */
const FRESH_MS = 1_000;

/** A page for people, and what it asks: who is on the bus, what passes there, what failed. */
export function consolePart(ask: AskCore, config: GatewayConfig): Part | undefined {
  if (!config.console) return undefined;
  let opened: Opened | undefined;
  return {
    name: 'console',
    routes: consoleRoutes(ask, () => {
      if (opened === undefined) throw new Error('the console is not open');
      return opened;
    }),
    contract: ({ publicUrl }) => ({ console: publicUrl === undefined ? '/' : `${publicUrl}/` }),
    open: async () => {
      const problem = consoleProblem(config);
      if (problem !== undefined) throw new HeddleError('settings_invalid', problem);
      const { bus, clock, words } = ask();
      const { transport } = bus;
      opened = {
        page: readPage(),
        map: new Shared(
          async () => (await import('../console/bus-map.ts')).busMap(transport, clock, words),
          clock,
          FRESH_MS,
        ),
        groups: new Shared(
          async () => (await import('../console/letters.ts')).letterGroups(transport, clock, words),
          clock,
          FRESH_MS,
        ),
        watchers: new Set(),
        replaying: false,
      };
    },
    // So that the page knows whether to ask for a token, without trying in vain.
    state: () => ({ authentication: authenticationOf(ask().live().config) }),
    families: () => [gauge('bus_watchers', 'Streams of what passes on the bus.', [[{}, opened?.watchers.size ?? 0]])],
  };
}
